package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** Looks on the device which images of a batch hold a number that is infinite or none, so that no host has to read them all. */
public final class FiniteCheck {
    private static final Kernel CHECK = new Kernel("finite_check");

    private FiniteCheck() {}

    /**
     * Looks at x [N, C, H, W] in fp32.
     *
     * @param wrong gets N int32 words: 0 for an image whose numbers are all finite, 1 for another; what lies behind them stays
     * @throws IllegalArgumentException if {@code wrong} has less room
     */
    public static void apply(Tape tape, Tensor x, Buffer wrong) {
        int images = x.shape().n();
        long want = (long) images * Integer.BYTES;
        if (wrong.bytes() < want) {
            throw new IllegalArgumentException(
                    "finite_check of " + x.shape() + ": want " + want + " bytes, have " + wrong.bytes());
        }
        tape.device().fill(wrong.slice(0, want), 0);
        long count = x.shape().elements() / images;
        tape.launch(CHECK, Grid.cover(count, images, 1), x.data(), wrong, count, images);
    }
}
