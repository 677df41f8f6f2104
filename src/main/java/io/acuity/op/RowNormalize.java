package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** Each pixel's channels brought to length 1: y = x / max(|x|, floor), x and y [N, C, H, W]. */
public final class RowNormalize {
    private static final Kernel FORWARD = new Kernel("row_normalize_forward");
    private static final Kernel BACKWARD = new Kernel("row_normalize_backward");

    private RowNormalize() {}

    /**
     * The normalised pixels.
     *
     * @param floor positive: shorter pixels are divided by it
     */
    public static Tensor apply(Tape tape, Tensor x, float floor) {
        long rows = x.shape().pixels();
        int width = x.shape().c();
        Grid grid = Grid.cover(32 * rows);
        Tensor y = tape.result(x.shape(), x);
        tape.launch(FORWARD, grid, x.data(), y.data(), rows, width, floor);
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) ->
                                tape.launch(BACKWARD, grid, x.data(), dy, dx, rows, width, floor, accumulate)));
        return y;
    }
}
