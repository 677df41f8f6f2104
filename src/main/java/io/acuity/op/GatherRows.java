package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** Pixels of a batch in an order of their own, each as often as it is named: x [N, C, H, W] to y [1, C, groups, length]. */
public final class GatherRows {
    private static final Kernel FORWARD = new Kernel("gather_rows_forward");
    private static final Kernel BACKWARD = new Kernel("gather_rows_backward");

    private GatherRows() {}

    /**
     * The named pixels.
     *
     * @param index int32[groups][length], each a pixel's number in the whole batch
     * @throws IllegalArgumentException if the index is too short
     */
    public static Tensor apply(Tape tape, Tensor x, Buffer index, int groups, int length) {
        long count = (long) groups * length;
        if (index.bytes() < count * Integer.BYTES) {
            throw new IllegalArgumentException(
                    "gather_rows index: want " + count + " numbers, have " + index.bytes() / Integer.BYTES);
        }
        int width = x.shape().c();
        long rows = x.shape().pixels();
        Tensor y = tape.result(new Shape(1, width, groups, length), x);
        tape.launch(FORWARD, Grid.cover(count * width), x.data(), index, y.data(), count, width);
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) -> tape.launch(
                                BACKWARD, Grid.cover(width), dy, index, dx, count, rows, width, accumulate)));
        return y;
    }
}
