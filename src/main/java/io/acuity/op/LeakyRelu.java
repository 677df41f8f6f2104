package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** y = x where x > 0, slope * x elsewhere. Any shape. */
public final class LeakyRelu {
    private static final Kernel FORWARD = new Kernel("leaky_relu_forward");
    private static final Kernel BACKWARD = new Kernel("leaky_relu_backward");

    private LeakyRelu() {}

    /** Where x is negative it is multiplied by {@code slope}. */
    public static Tensor apply(Tape tape, Tensor x, float slope) {
        long count = x.stored();
        Tensor y = tape.result(x.shape(), x);
        tape.launch(FORWARD, Grid.cover(count), x.data(), y.data(), slope, count);
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) ->
                                tape.launch(BACKWARD, Grid.cover(count), x.data(), dy, dx, slope, count, accumulate)));
        return y;
    }
}
