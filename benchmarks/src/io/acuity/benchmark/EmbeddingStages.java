package io.acuity.benchmark;

import io.acuity.device.Device;
import io.acuity.device.ForwardingDevice;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prints where the time of the embedding network's passes goes, kernel by kernel and shape by shape: {@code ./acuity java
 * io.acuity.benchmark.EmbeddingStages [runs]}. The least of the runs counts, for each launch by itself.
 */
public final class EmbeddingStages {
    private EmbeddingStages() {}

    /** A device that waits for each launch and notes how long it took. */
    private static final class Watch extends ForwardingDevice {
        private final Map<String, Double> times = new LinkedHashMap<>();
        private int launches;

        Watch(Device device) {
            super(device);
        }

        @Override
        public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
            long start = System.nanoTime();
            super.launch(kernel, grid, arguments);
            synchronize();
            double ms = (System.nanoTime() - start) * 1e-6;
            times.merge("%3d %s %s".formatted(launches++, kernel.name(), grid), ms, Math::min);
        }
    }

    public static void main(String[] arguments) {
        int runs = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10;
        try (Watch watch = new Watch(Device.open("cpu"));
                EmbeddingPasses passes = new EmbeddingPasses(watch, 16, 96, 8)) {
            System.out.println(watch.describe());
            for (String pass : new String[] {"learn", "samples", "contrast"}) {
                double best = Double.MAX_VALUE;
                watch.times.clear();
                for (int run = 0; run < runs; run++) {
                    watch.launches = 0;
                    long start = System.nanoTime();
                    passes.run(pass);
                    best = Math.min(best, (System.nanoTime() - start) * 1e-6);
                }
                report(watch, passes, pass, best);
            }
        }
    }

    private static void report(Watch watch, EmbeddingPasses passes, String pass, double best) {
        double sum =
                watch.times.values().stream().mapToDouble(Double::doubleValue).sum();
        System.out.printf(
                "%n%s: best %.1f ms, sum of the launches' bests %.1f ms; %.1f GFLOP direct, %.2f GB%n",
                pass, best, sum, passes.flops(pass) * 1e-9, passes.bytes(pass) * 1e-9);
        watch.times.forEach((launch, ms) -> {
            if (ms > 0.3) {
                System.out.printf("%9.2f ms  %s%n", ms, launch);
            }
        });
    }
}
