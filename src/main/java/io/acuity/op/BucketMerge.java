package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * The rounds of sparse attention brought back to their positions: y = x + scale * sum over rounds of softmax(totals) * values, x
 * and y [N, C, H, W], values [1, C, N rounds, padded], totals [1, 1, N rounds, padded] in sorted order.
 */
public final class BucketMerge {
    private static final Kernel FORWARD = new Kernel("bucket_merge_forward");
    private static final Kernel BACKWARD_VALUES = new Kernel("bucket_merge_backward_values");
    private static final Kernel BACKWARD_TOTALS = new Kernel("bucket_merge_backward_totals");

    private BucketMerge() {}

    /**
     * The sum.
     *
     * @throws IllegalArgumentException unless the shapes go together
     */
    public static Tensor apply(
            Tape tape, Tensor x, Tensor values, Tensor totals, BucketSort.Sorted sorted, float scale) {
        Shape s = x.shape();
        int rounds = sorted.groups() / s.n();
        Shape want = new Shape(1, s.c(), sorted.groups(), sorted.padded());
        if (!values.shape().equals(want) || totals.shape().elements() != want.pixels()) {
            throw new IllegalArgumentException("bucket_merge: want values " + want + " and their totals, have "
                    + values.shape() + " and " + totals.shape());
        }
        int length = sorted.length();
        int padded = sorted.padded();
        Grid positions = Grid.cover(32 * s.pixels());
        Buffer weights = tape.take((long) sorted.groups() * length * Float.BYTES);
        Tensor y = tape.result(s, x, values, totals);
        tape.launch(
                FORWARD,
                positions,
                x.data(),
                values.data(),
                totals.data(),
                sorted.inverse(),
                weights,
                y.data(),
                s.n(),
                rounds,
                length,
                padded,
                s.c(),
                scale);
        if (!tape.isRecording()) {
            tape.give(weights);
        }
        tape.record(y, dy -> {
            tape.contribute(totals, (dtotals, accumulate) -> {
                once("totals", accumulate);
                tape.device().fill(dtotals, 0);
                tape.launch(
                        BACKWARD_TOTALS,
                        positions,
                        dy,
                        values.data(),
                        weights,
                        sorted.inverse(),
                        dtotals,
                        s.n(),
                        rounds,
                        length,
                        padded,
                        s.c(),
                        scale);
            });
            tape.contribute(values, (dvalues, accumulate) -> {
                once("values", accumulate);
                tape.launch(
                        BACKWARD_VALUES,
                        Grid.cover(want.elements()),
                        dy,
                        weights,
                        sorted.order(),
                        dvalues,
                        s.n(),
                        rounds,
                        length,
                        padded,
                        s.c(),
                        scale);
            });
            tape.pass(y, x, (dx, accumulate) -> Add.backward(tape, dy, dx, x.stored(), accumulate));
        });
        return y;
    }

    /** Values and totals are made for one merge; a second use would have to add. */
    private static void once(String what, int accumulate) {
        if (accumulate != 0) {
            throw new IllegalStateException("bucket_merge " + what + ": want them used once");
        }
    }
}
