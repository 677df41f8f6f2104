package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity devices}: one line for each device that can compute here. */
@Command(
        name = "acuity devices",
        sortOptions = false,
        description = "Shows what can compute here: the name for -g, and what it is.",
        footer = {
            "",
            "Examples:",
            "  acuity devices                     name and description, a line each",
            "  acuity devices --json              the same as JSON",
            "  acuity upscale -i a.png -g cpu     names the device to use"
        })
final class DevicesCommand implements Verb {
    private static final List<String> NAMES = List.of("cpu", "emu");

    @Option(names = "--json", description = "one JSON object a line: device, describe, threads, isa, default")
    boolean json;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) {
        NativeLibrary library = NativeLibrary.load();
        String first;
        try (Device device = Device.open("auto")) {
            first = device.name();
        }
        for (String name : NAMES) {
            try (Device device = Device.open(name)) {
                boolean isDefault = name.equals(first);
                if (json) {
                    Map<String, Object> line = new LinkedHashMap<>();
                    line.put("device", name);
                    line.put("describe", device.describe());
                    line.put("threads", library.threads(0));
                    line.put("isa", library.isa(null));
                    line.put("default", isDefault);
                    streams.print(line);
                } else {
                    streams.print("%-5s %s%s".formatted(name, device.describe(), isDefault ? " (default)" : ""));
                }
            }
        }
        return ExitCode.DONE;
    }
}
