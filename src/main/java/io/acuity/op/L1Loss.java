package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** Mean absolute difference of a and b, as a scalar; the gradient reaches a only (b is the target). */
public final class L1Loss {
    private static final Kernel FORWARD = new Kernel("l1_loss_forward");
    private static final Kernel REDUCE = new Kernel("l1_loss_reduce");
    private static final Kernel BACKWARD = new Kernel("l1_loss_backward");

    /** Partial sums over equal ranges, added in fixed order: the same bits on any number of threads. */
    private static final int PARTS = 256;

    /** Threads of one block that sum one part. */
    private static final int BLOCK = 256;

    private L1Loss() {}

    /**
     * The loss, [1, 1, 1, 1].
     *
     * @throws IllegalArgumentException unless both have one shape
     */
    public static Tensor apply(Tape tape, Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape())) {
            throw new IllegalArgumentException(
                    "l1_loss: want two of one shape, have " + a.shape() + " and " + b.shape());
        }
        long count = a.shape().elements();
        Tensor loss = tape.plain(Shape.scalar(), a);
        Buffer partial = tape.take((long) PARTS * Float.BYTES);
        tape.launch(FORWARD, Grid.cover((long) PARTS * BLOCK), a.data(), b.data(), partial, count);
        tape.launch(REDUCE, Grid.cover(1), partial, loss.data(), PARTS, 1f / count);
        tape.give(partial);
        tape.record(
                loss,
                dloss -> tape.contribute(
                        a,
                        (da, accumulate) -> tape.launch(
                                BACKWARD,
                                Grid.cover(count),
                                a.data(),
                                b.data(),
                                dloss,
                                da,
                                1f / count,
                                count,
                                accumulate)));
        return loss;
    }
}
