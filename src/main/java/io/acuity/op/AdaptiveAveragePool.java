package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * Averages over windows that divide each axis as PyTorch's AdaptiveAvgPool2d does: x [N, C, H, W] to y [N, C, rows, columns];
 * output i of n averages inputs floor(i H / n) up to, without, ceil((i + 1) H / n), so that windows overlap where n does not
 * divide H.
 */
public final class AdaptiveAveragePool {
    private static final Kernel FORWARD = new Kernel("adaptive_average_pool_forward");
    private static final Kernel BACKWARD = new Kernel("adaptive_average_pool_backward");

    private AdaptiveAveragePool() {}

    /** The averages; x may be smaller than y, whose windows then hold one number or two. */
    public static Tensor apply(Tape tape, Tensor x, int rows, int columns) {
        Shape s = x.shape();
        Shape shape = new Shape(s.n(), s.c(), rows, columns);
        Tensor y = tape.result(shape, x);
        tape.launch(FORWARD, Grid.cover(y.stored()), x.data(), y.data(), s.n(), s.h(), s.w(), s.c(), rows, columns);
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) -> tape.launch(
                                BACKWARD,
                                Grid.cover(x.stored()),
                                dy,
                                dx,
                                s.n(),
                                s.h(),
                                s.w(),
                                s.c(),
                                rows,
                                columns,
                                accumulate)));
        return y;
    }
}
