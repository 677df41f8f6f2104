package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Soft-max along the last axis: y = exp(factor * x) / sum over w of the same, x and y [N, 1, H, W]. */
public final class Softmax {
    private static final Kernel FORWARD = new Kernel("softmax_forward");
    private static final Kernel BACKWARD = new Kernel("softmax_backward");

    private Softmax() {}

    /**
     * Each row's shares; a negative factor favours the small.
     *
     * @throws IllegalArgumentException if x has several channels, which lie between the numbers of a row
     */
    public static Tensor apply(Tape tape, Tensor x, float factor) {
        if (x.shape().c() != 1) {
            throw new IllegalArgumentException("softmax: want [N, 1, H, W], have " + x.shape());
        }
        int width = x.shape().w();
        long rows = x.shape().elements() / width;
        Tensor y = tape.result(x.shape(), x);
        forward(tape, x.data(), y.data(), null, rows, width, factor);
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) -> backward(tape, y.data(), dy, null, dx, rows, width, factor, accumulate)));
        return y;
    }

    /** Rows of numbers; {@code total} takes the logarithm of each row's sum. */
    static void forward(Tape tape, Buffer x, Buffer y, @Nullable Buffer total, long rows, int width, float factor) {
        tape.launch(FORWARD, Grid.cover(32 * rows), x, y, total, rows, width, factor);
    }

    static void backward(
            Tape tape,
            Buffer y,
            Buffer dy,
            @Nullable Buffer dtotal,
            Buffer dx,
            long rows,
            int width,
            float factor,
            int accumulate) {
        tape.launch(BACKWARD, Grid.cover(32 * rows), y, dy, dtotal, dx, rows, width, factor, accumulate);
    }
}
