package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** The mean of each channel over an image: x [N, C, H, W] to y [N, C, 1, 1], a statistic and so fp32 on every device. */
public final class GlobalAveragePool {
    private static final Kernel FORWARD = new Kernel("global_average_pool_forward");
    private static final Kernel BACKWARD = new Kernel("global_average_pool_backward");

    /** Threads of a block that share the pixels of one channel. */
    static final int ROWS = 8;

    private GlobalAveragePool() {}

    /** The means. */
    public static Tensor apply(Tape tape, Tensor x) {
        Shape s = x.shape();
        long pixels = (long) s.h() * s.w();
        Tensor y = tape.plain(new Shape(s.n(), s.c(), 1, 1), x);
        tape.launch(FORWARD, Grid.cover(s.c(), (long) ROWS * s.n(), 1), x.data(), y.data(), s.n(), pixels, s.c());
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) -> tape.launch(
                                BACKWARD, Grid.cover(x.stored()), dy, dx, s.n(), pixels, s.c(), accumulate)));
        return y;
    }
}
