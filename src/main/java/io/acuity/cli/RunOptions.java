package io.acuity.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The configuration of a run, and what flags change in it. */
final class RunOptions {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "YAML file; its keys: docs/configuration.md")
    Path config = Path.of("");

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "overrides a value; may be given again")
    List<String> overrides = new ArrayList<>();

    @Option(
            names = {"-g", "--device"},
            paramLabel = "DEVICE",
            description = "auto, cuda, cuda:1, cpu, or emu (env ACUITY_DEVICE; default: as configured)")
    @Nullable
    String device;

    @Option(
            names = "--precision",
            paramLabel = "HOW",
            description = "fp32, or bf16 on cuda and emu (env ACUITY_PRECISION; default: as configured)")
    @Nullable
    String precision;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "threads of the cpu device (env ACUITY_THREADS; default: as configured)")
    @Nullable
    Integer threads;

    /** What counts before the environment and the file, as {@code key=value}. */
    List<String> overrides() {
        List<String> all = new ArrayList<>(overrides);
        if (device != null) {
            all.add("device=" + device);
        }
        if (precision != null) {
            all.add("precision=" + precision);
        }
        if (threads != null) {
            all.add("threads=" + threads);
        }
        return all;
    }
}
