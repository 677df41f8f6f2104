package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** Batch normalisation of the embedding network's first and fifth map, for two sets of 16 patches of 192 x 192. */
public class BatchNormBenchmark extends Timed {
    private static final int SETS = 2;
    private static final int PARTS = 64;

    @Param({"32x64x96x96", "32x256x24x24"})
    public String shape = "32x64x96x96";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        long count = on.stored(s);
        long pixels = s.pixels() / SETS;
        long plane = (long) s.h() * s.w();
        int channels = s.c();
        Buffer x = on.features(s);
        Buffer y = on.features(s);
        Buffer partial = on.room(2L * SETS * PARTS * channels);
        Buffer statistics = on.room(2L * SETS * channels);
        Buffer weight = on.noise(channels);
        Buffer bias = on.noise(channels);
        Grid parts = Grid.cover(channels, PARTS, SETS);
        Runnable sums = on.kernel("batch_norm_sums", parts, x, partial, pixels, plane, channels, SETS, PARTS);
        Runnable reduce = on.kernel(
                "batch_norm_statistics",
                Grid.cover(channels),
                x,
                partial,
                statistics,
                null,
                null,
                pixels,
                plane,
                channels,
                SETS,
                PARTS,
                1e-5f,
                0.1f);
        Runnable forward = on.kernel(
                "batch_norm_forward",
                Grid.cover(count),
                x,
                statistics,
                weight,
                bias,
                y,
                pixels,
                plane,
                channels,
                SETS,
                0.2f);
        return switch (pass) {
            case "forward" ->
                () -> {
                    sums.run();
                    reduce.run();
                    forward.run();
                };
            case "backward" -> {
                sums.run();
                reduce.run();
                yield backward(on, x, y, statistics, weight, bias, partial);
            }
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    private Runnable backward(
            Bench on, Buffer x, Buffer dy, Buffer statistics, Buffer weight, Buffer bias, Buffer partial) {
        Shape s = Layer.shape(shape);
        long pixels = s.pixels() / SETS;
        long plane = (long) s.h() * s.w();
        int channels = s.c();
        Buffer totals = on.room(2L * SETS * channels);
        Runnable sums = on.kernel(
                "batch_norm_backward_sums",
                Grid.cover(channels, PARTS, SETS),
                x,
                dy,
                statistics,
                weight,
                bias,
                partial,
                pixels,
                plane,
                channels,
                SETS,
                PARTS,
                0.2f);
        Runnable reduce = on.kernel(
                "batch_norm_backward_weight",
                Grid.cover(channels),
                partial,
                totals,
                on.room(channels),
                on.room(channels),
                channels,
                SETS,
                PARTS,
                0);
        Runnable input = on.kernel(
                "batch_norm_backward_input",
                Grid.cover(on.stored(s)),
                x,
                dy,
                statistics,
                totals,
                weight,
                bias,
                on.features(s),
                pixels,
                plane,
                channels,
                SETS,
                0.2f,
                0,
                0);
        return () -> {
            sums.run();
            reduce.run();
            input.run();
        };
    }

    /** Forward reads x twice and writes y; backward reads x and dy twice and writes dx. */
    @Override
    public Work work() {
        boolean forward = pass.equals("forward");
        return Work.features(numbers(), Layer.shape(shape).elements(), forward ? 3 : 5, forward ? 8 : 20);
    }
}
