package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * The dual contrastive loss of a discriminator (Yu et al., arXiv 2103.16748): every real logit against all fake ones, and every
 * fake one against all real ones. Formula: docs/method.md.
 */
public final class DualContrastiveLoss {
    private static final Kernel FORWARD = new Kernel("dual_contrastive_loss_forward");
    private static final Kernel BACKWARD = new Kernel("dual_contrastive_loss_backward");
    private static final int TERMS = 4;

    private DualContrastiveLoss() {}

    /** The loss, [1, 1, 1, 1], of logits of any shapes: all their numbers are one list each. */
    public static Tensor apply(Tape tape, Tensor real, Tensor fake) {
        int reals = Math.toIntExact(real.shape().elements());
        int fakes = Math.toIntExact(fake.shape().elements());
        Tensor loss = tape.plain(Shape.scalar(), real, fake);
        Buffer terms = tape.take((long) TERMS * Float.BYTES);
        tape.launch(FORWARD, Grid.cover(1), real.data(), fake.data(), loss.data(), terms, reals, fakes);
        if (!loss.needsGradient()) {
            tape.give(terms);
        }
        tape.record(loss, dloss -> {
            contribute(tape, real, 0, terms, dloss);
            contribute(tape, fake, 1, terms, dloss);
        });
        return loss;
    }

    private static void contribute(Tape tape, Tensor logits, int fake, Buffer terms, Buffer dloss) {
        long count = logits.shape().elements();
        tape.contribute(
                logits,
                (dx, accumulate) -> tape.launch(
                        BACKWARD,
                        Grid.cover(count),
                        logits.data(),
                        terms,
                        dloss,
                        dx,
                        Math.toIntExact(count),
                        fake,
                        accumulate));
    }
}
