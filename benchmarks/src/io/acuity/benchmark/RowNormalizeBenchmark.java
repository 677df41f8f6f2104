package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** Pixels of 64 channels brought to length 1. */
public class RowNormalizeBenchmark extends Timed {
    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        Buffer x = on.noise(s.elements());
        Buffer y = on.noise(s.elements());
        Grid grid = Grid.cover(32 * s.pixels());
        return switch (pass) {
            case "forward" -> on.kernel("row_normalize_forward", grid, x, y, s.pixels(), s.c(), 5e-5f);
            case "backward" ->
                on.kernel("row_normalize_backward", grid, x, y, on.room(s.elements()), s.pixels(), s.c(), 5e-5f, 0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), pass.equals("forward") ? 2 : 3, 4);
    }
}
