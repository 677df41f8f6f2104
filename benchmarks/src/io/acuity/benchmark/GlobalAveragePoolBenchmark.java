package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** The mean of each channel. */
public class GlobalAveragePoolBenchmark extends Timed {
    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        long pixels = (long) s.h() * s.w();
        Buffer few = on.noise((long) s.n() * s.c());
        Buffer many = on.features(s);
        return switch (pass) {
            case "forward" ->
                on.kernel(
                        "global_average_pool_forward",
                        Grid.cover(s.c(), 8L * s.n(), 1),
                        many,
                        few,
                        s.n(),
                        pixels,
                        s.c());
            case "backward" ->
                on.kernel("global_average_pool_backward", Grid.cover(on.stored(s)), few, many, s.n(), pixels, s.c(), 0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.features(numbers(), Layer.shape(shape).elements(), 1, 1);
    }
}
