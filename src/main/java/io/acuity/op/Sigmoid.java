package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** y = 1 / (1 + exp(-x)). Any shape. */
public final class Sigmoid {
    private static final Kernel FORWARD = new Kernel("sigmoid_forward");
    private static final Kernel BACKWARD = new Kernel("sigmoid_backward");

    private Sigmoid() {}

    /** Numbers in (0, 1). */
    public static Tensor apply(Tape tape, Tensor x) {
        long count = x.shape().elements();
        Tensor y = tape.result(x.shape(), x);
        tape.launch(FORWARD, Grid.cover(count), x.data(), y.data(), count);
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) ->
                                tape.launch(BACKWARD, Grid.cover(count), y.data(), dy, dx, count, accumulate)));
        return y;
    }
}
