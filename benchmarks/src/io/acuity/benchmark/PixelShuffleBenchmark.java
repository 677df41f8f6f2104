package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** [N, C r^2, H, W] to [N, C, H r, W r]. */
public class PixelShuffleBenchmark extends Timed {
    @Param({"16x256x48x48", "1x256x180x320"})
    public String shape = "16x256x48x48";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        int r = 2;
        int channels = s.c() / (r * r);
        Buffer x = on.noise(s.elements());
        Buffer y = on.room(s.elements());
        Grid grid = Grid.cover(s.elements());
        return switch (pass) {
            case "forward" -> on.kernel("pixel_shuffle_forward", grid, x, y, s.n(), s.h(), s.w(), channels, r);
            case "backward" -> on.kernel("pixel_shuffle_backward", grid, x, y, s.n(), s.h(), s.w(), channels, r, 0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), 2, 0);
    }
}
