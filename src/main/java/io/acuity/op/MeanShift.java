package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** Adds one constant to each colour: x [N, 3, H, W] to y of the same shape. */
public final class MeanShift {
    private static final Kernel FORWARD = new Kernel("mean_shift_forward");

    private MeanShift() {}

    /**
     * x plus the colour.
     *
     * @throws IllegalArgumentException unless x has 3 channels
     */
    public static Tensor apply(Tape tape, Tensor x, float red, float green, float blue) {
        if (x.shape().c() != 3) {
            throw new IllegalArgumentException("mean_shift: want [N, 3, H, W], have " + x.shape());
        }
        long pixels = x.shape().pixels();
        Tensor y = tape.result(x.shape(), x);
        tape.launch(FORWARD, Grid.cover(pixels), x.data(), y.data(), red, green, blue, pixels);
        tape.record(y, dy -> tape.pass(y, x, (dx, accumulate) -> Add.backward(tape, dy, dx, x.stored(), accumulate)));
        return y;
    }
}
