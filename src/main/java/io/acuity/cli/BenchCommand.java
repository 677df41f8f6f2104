package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.Kernel;
import io.acuity.device.NativeLibrary;
import io.acuity.model.Architectures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code acuity bench}: the speed of upscaling and of a training step beside the peak of this machine. */
@Command(
        name = "acuity bench",
        sortOptions = false,
        description =
                "Times a network x4 with random weights, EDSR-S unless named: upscaling a picture, or a training step of 16 patches of "
                        + "192x192 (forward, backward, Adam). GFLOP/s count two for each multiply-add of the layers' "
                        + "direct convolutions, so fewer arithmetic steps can exceed the peak, which is measured beside.",
        footer = {
            "",
            "Examples:",
            "  acuity bench upscale --size 320x180 --json",
            "  acuity bench upscale -n rcan",
            "  acuity bench train --threads 1"
        })
final class BenchCommand implements Verb {
    private static final String DEFAULT_SIZE = "320x180";

    /** What can be timed. */
    enum What {
        UPSCALE,
        TRAIN
    }

    @Parameters(paramLabel = "upscale|train", description = "what to time")
    What what = What.UPSCALE;

    @Option(
            names = {"-n", "--network"},
            defaultValue = "edsr",
            paramLabel = "NAME",
            description = "architecture, of its published size (default ${DEFAULT-VALUE})")
    String network = "edsr";

    @Option(names = "--size", paramLabel = "WxH", description = "upscale: pixels of the picture (default 320x180)")
    @Nullable
    String size;

    @Option(
            names = "--rounds",
            defaultValue = "9",
            paramLabel = "N",
            description = "how often; the median counts (default ${DEFAULT-VALUE})")
    int rounds;

    @Mixin
    DeviceOptions device = new DeviceOptions();

    @Option(names = "--json", description = "JSON objects: what, tail, device, median_ms, gflops, share_of_peak, ...")
    boolean json;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) {
        if (what == What.TRAIN && size != null) {
            throw new UsageException("--size: bench train always takes 16 patches of 192x192, have " + size);
        }
        if (rounds < 1 || rounds > 10_000) {
            throw new UsageException("--rounds: want 1 to 10000, have " + rounds);
        }
        if (!Architectures.names().contains(network)) {
            throw new UsageException("--network: want one of " + Architectures.names() + ", have " + network);
        }
        int[] sides = Arguments.size(size == null ? DEFAULT_SIZE : size);
        try (Device opened = device.open()) {
            refuseEmulation(opened);
            int threads = NativeLibrary.load().threads(0);
            NativeLibrary.Peak before = NativeLibrary.load().measurePeak(threads);
            List<Workload.Timing> timings = new ArrayList<>();
            for (Workload workload : workloads(sides)) {
                timings.add(workload.time(opened, rounds));
            }
            NativeLibrary.Peak after = NativeLibrary.load().measurePeak(threads);
            report(streams, opened, Math.max(before.gflops(), after.gflops()), timings);
        }
        return ExitCode.DONE;
    }

    private List<Workload> workloads(int... sides) {
        return switch (what) {
            case UPSCALE ->
                List.of(
                        Workload.upscale(network, sides[0], sides[1], false),
                        Workload.upscale(network, sides[0], sides[1], true));
            case TRAIN -> List.of(Workload.train(network, false), Workload.train(network, true));
        };
    }

    /** Refuses a device that has not every kernel in a form of its own: an emulated kernel is never timed. */
    static void refuseEmulation(Device device) {
        for (NativeLibrary.Entry kernel : NativeLibrary.load().kernels().of(device.precision())) {
            if (device.name().equals("emu") || !device.has(new Kernel(kernel.name()))) {
                throw new DeviceException("bench: want a device with all kernels at full speed, have " + device.name()
                        + ", which emulates " + kernel.name());
            }
        }
    }

    private void report(Streams streams, Device opened, double peak, List<Workload.Timing> timings) {
        if (!json) {
            streams.print("%s, fp32 peak %.1f GFLOP/s".formatted(opened.describe(), peak));
        }
        for (Workload.Timing timing : timings) {
            double gflops = timing.gflop() / timing.medianMillis() * 1e3;
            if (json) {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("what", timing.what());
                line.put("network", network);
                line.put("tail", timing.tail());
                line.put("size", timing.size());
                line.put("device", opened.describe());
                line.put("threads", NativeLibrary.load().threads(0));
                line.put("rounds", rounds);
                line.put("median_ms", rounded(timing.medianMillis()));
                line.put("min_ms", rounded(timing.leastMillis()));
                line.put("gflops", rounded(gflops));
                line.put("peak_gflops", rounded(peak));
                line.put("share_of_peak", rounded(gflops / peak));
                streams.print(line);
            } else {
                streams.print("%-8s %-28s %-9s  median %8.1f ms  min %8.1f ms  %7.1f GFLOP/s  %5.2f of peak"
                        .formatted(
                                timing.what(),
                                timing.size(),
                                timing.tail(),
                                timing.medianMillis(),
                                timing.leastMillis(),
                                gflops,
                                gflops / peak));
            }
        }
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
