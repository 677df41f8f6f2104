package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** Soft-max of rows: layer attention's, and one hash round of sparse attention on a picture. */
public class SoftmaxBenchmark extends Timed {
    @Param({"16x1x11x11", "1x1x57600x432"})
    public String shape = "16x1x11x11";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        long count = Layer.shape(shape).elements();
        int width = Layer.shape(shape).w();
        long rows = count / width;
        Grid grid = Grid.cover(32 * rows);
        Buffer x = on.noise(count);
        Buffer y = on.noise(count);
        Buffer total = on.noise(rows);
        return switch (pass) {
            case "forward" -> on.kernel("softmax_forward", grid, x, y, total, rows, width, 1f);
            case "backward" -> on.kernel("softmax_backward", grid, x, y, total, on.room(count), rows, width, 1f, 0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), pass.equals("forward") ? 2 : 3, 8);
    }
}
