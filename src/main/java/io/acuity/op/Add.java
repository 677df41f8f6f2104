package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** y = a + b, both of one shape. */
public final class Add {
    private static final Kernel FORWARD = new Kernel("add_forward");
    private static final Kernel BACKWARD = new Kernel("add_backward");

    private Add() {}

    /**
     * The sum.
     *
     * @throws IllegalArgumentException unless both have one shape
     */
    public static Tensor apply(Tape tape, Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape())) {
            throw new IllegalArgumentException("add: want two of one shape, have " + a.shape() + " and " + b.shape());
        }
        long count = a.stored();
        Tensor y = tape.result(a.shape(), a, b);
        tape.launch(FORWARD, Grid.cover(count), a.data(), b.data(), y.data(), count);
        tape.record(y, dy -> {
            tape.contribute(a, (da, accumulate) -> backward(tape, dy, da, count, accumulate));
            tape.pass(y, b, (db, accumulate) -> backward(tape, dy, db, count, accumulate));
        });
        return y;
    }

    /** The gradient of a sum to one of its terms: dx (+)= dy. */
    static void backward(Tape tape, Buffer dy, Buffer dx, long count, int accumulate) {
        tape.launch(BACKWARD, Grid.cover(count), dy, dx, count, accumulate);
    }
}
