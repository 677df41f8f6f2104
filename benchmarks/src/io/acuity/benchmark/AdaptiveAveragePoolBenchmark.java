package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** The pooling before the embedding network's head. */
public class AdaptiveAveragePoolBenchmark extends Timed {
    private static final int PATCHES = 4;

    @Param({"32x512x6x6"})
    public String shape = "32x512x6x6";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        Buffer x = on.noise(s.elements());
        Buffer y = on.noise(outputs());
        return switch (pass) {
            case "forward" ->
                on.kernel(
                        "adaptive_average_pool_forward",
                        Grid.cover(outputs()),
                        x,
                        y,
                        s.n(),
                        s.h(),
                        s.w(),
                        s.c(),
                        PATCHES,
                        PATCHES);
            case "backward" ->
                on.kernel(
                        "adaptive_average_pool_backward",
                        Grid.cover(s.elements()),
                        y,
                        x,
                        s.n(),
                        s.h(),
                        s.w(),
                        s.c(),
                        PATCHES,
                        PATCHES,
                        0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    private long outputs() {
        Shape s = Layer.shape(shape);
        return (long) s.n() * s.c() * PATCHES * PATCHES;
    }

    @Override
    public Work work() {
        long inputs = Layer.shape(shape).elements();
        return new Work(inputs, 4.0 * (inputs + outputs()));
    }
}
