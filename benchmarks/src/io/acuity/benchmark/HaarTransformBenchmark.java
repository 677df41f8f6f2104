package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** The three high-pass bands of the Haar transform, and their gradient. */
public class HaarTransformBenchmark extends Timed {
    @Param("16x3x192x192")
    public String shape = "16x3x192x192";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        Buffer x = on.noise(s.elements());
        Buffer y = on.noise(s.elements() * 3 / 4);
        Grid grid = Grid.cover(s.elements() / 4);
        return switch (pass) {
            case "forward" -> on.kernel("haar_transform_forward", grid, x, y, s.n(), s.h(), s.w(), s.c());
            case "backward" -> on.kernel("haar_transform_backward", grid, y, x, s.n(), s.h(), s.w(), s.c(), 0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return new Work(
                3.0 * Layer.shape(shape).elements(),
                4 * 1.75 * Layer.shape(shape).elements());
    }
}
