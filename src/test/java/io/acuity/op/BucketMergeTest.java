package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import java.lang.foreign.MemorySegment;

class BucketMergeTest {
    private static final Shape X = new Shape(2, 5, 3, 3);
    private static final int ROUNDS = 3;
    private static final int GROUPS = 6;
    private static final int PADDED = 12;

    private static int code(int i) {
        return (i * 7 + i / 4) % 5;
    }

    private static BucketSort.Sorted sorted(Tape tape) {
        int[] codes = new int[GROUPS * 9];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = code(i);
        }
        Buffer buffer = tape.take((long) codes.length * Integer.BYTES);
        tape.device().upload(MemorySegment.ofArray(codes), buffer);
        return BucketSort.order(tape, buffer, GROUPS, ROUNDS, 9, 5, 4);
    }

    /** Where position p of a group stands after a stable sort. */
    private static int place(int group, int p) {
        int before = 0;
        for (int q = 0; q < 9; q++) {
            int other = code(group * 9 + q);
            int own = code(group * 9 + p);
            before += other < own || (other == own && q < p) ? 1 : 0;
        }
        return before;
    }

    private static double[] merged(double[] x, double[] values, double[] totals, double scale) {
        double[] y = x.clone();
        for (int i = 0; i < x.length; i++) {
            int p = i % 9;
            int c = i / 9 % 5;
            int n = i / 45;
            double[] list = new double[ROUNDS];
            for (int r = 0; r < ROUNDS; r++) {
                list[r] = totals[(n * ROUNDS + r) * PADDED + place(n * ROUNDS + r, p)];
            }
            double[] shares = PlainAttention.softmax(list, ROUNDS, 1);
            for (int r = 0; r < ROUNDS; r++) {
                int group = n * ROUNDS + r;
                y[i] += scale * shares[r] * values[(c * GROUPS + group) * PADDED + place(group, p)];
            }
        }
        return y;
    }

    @EveryDevice
    void bringsRoundsTogether(Device device) {
        OpCheck.of(
                        "bucket_merge",
                        (tape, x, _) -> BucketMerge.apply(
                                tape,
                                x.getFirst(),
                                Scale.apply(tape, x.get(1), 1f),
                                Scale.apply(tape, x.get(2), 1f),
                                sorted(tape),
                                0.7f),
                        v -> merged(v.getFirst(), v.get(1), v.get(2), 0.7f))
                .input(X)
                .input(new Shape(1, 5, GROUPS, PADDED))
                .input(new Shape(1, 1, GROUPS, PADDED))
                .on(device);
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(() -> BucketMerge.apply(
                            tape,
                            tape.input(X),
                            tape.input(new Shape(1, 5, GROUPS, 9)),
                            tape.input(new Shape(1, 1, GROUPS, 9)),
                            sorted(tape),
                            1f))
                    .hasMessageStartingWith("bucket_merge: want values [1, 5, 6, 12] and their totals");
        }
    }
}
