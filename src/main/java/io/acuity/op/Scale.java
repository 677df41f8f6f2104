package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** y = factor * x. Any shape. */
public final class Scale {
    private static final Kernel FORWARD = new Kernel("scale_forward");
    private static final Kernel BACKWARD = new Kernel("scale_backward");

    private Scale() {}

    /** The product. */
    public static Tensor apply(Tape tape, Tensor x, float factor) {
        long count = x.stored();
        Tensor y = tape.result(x.shape(), x);
        tape.launch(FORWARD, Grid.cover(count), x.data(), y.data(), factor, count);
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) ->
                                tape.launch(BACKWARD, Grid.cover(count), dy, dx, factor, count, accumulate)));
        return y;
    }
}
