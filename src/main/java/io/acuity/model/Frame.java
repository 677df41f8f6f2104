package io.acuity.model;

import io.acuity.op.MeanShift;
import io.acuity.op.Scale;
import io.acuity.op.TailLoss;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * What networks do with colours at both ends: subtract DIV2K's mean colour and go over to the range that the weights are made
 * for, and back.
 *
 * @param range peak value inside, 1 or 255
 */
record Frame(float range) {
    private static final float[] MEAN = {0.4488f, 0.4371f, 0.4040f};

    Frame {
        if (range != 1f && range != 255f) {
            throw new IllegalArgumentException("range: want 1 or 255, have " + range);
        }
    }

    /** An image in [0, 1] as the network's head takes it; lr is not freed. */
    Tensor enter(Tape tape, Tensor lr) {
        Tensor centred = MeanShift.apply(tape, lr, -MEAN[0], -MEAN[1], -MEAN[2]);
        return range == 1f ? centred : scaled(tape, centred, range);
    }

    /** What the network's tail gave as an image, about in [0, 1]; rgb is freed. */
    Tensor leave(Tape tape, Tensor rgb) {
        Tensor unit = range == 1f ? rgb : scaled(tape, rgb, 1 / range);
        Tensor sr = MeanShift.apply(tape, unit, MEAN[0], MEAN[1], MEAN[2]);
        tape.done(unit);
        return sr;
    }

    /** What {@link #leave} does, for a tail that is compared where it is formed. */
    TailLoss.Colours colours() {
        return new TailLoss.Colours(range == 1f ? 1f : 1 / range, MEAN[0], MEAN[1], MEAN[2]);
    }

    private static Tensor scaled(Tape tape, Tensor x, float factor) {
        Tensor y = Scale.apply(tape, x, factor);
        tape.done(x);
        return y;
    }
}
