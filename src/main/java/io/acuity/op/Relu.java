package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** y = max(x, 0); the gradient at 0 is 0. Any shape. */
public final class Relu {
    private static final Kernel FORWARD = new Kernel("relu_forward");
    private static final Kernel BACKWARD = new Kernel("relu_backward");

    private Relu() {}

    /** The positive part. */
    public static Tensor apply(Tape tape, Tensor x) {
        long count = x.stored();
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
