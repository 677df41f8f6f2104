package io.acuity.op;

import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The loss on pixels of a training step: the mean absolute difference of a network's result from what it should be, with a weight in
 * the step's whole loss.
 *
 * @param target [N, 3, H, W]
 * @param weight in the whole loss
 * @param norm measures the gradient of the weighted loss alone, at the result
 * @param picture whether the result itself is wanted
 */
public record PixelLoss(Tensor target, float weight, GradientNorm norm, boolean picture) {
    /** What came of a comparison. The whole loss is made of {@link #weighted}: its gradient is the tape's, one way or another. */
    public static final class Result {
        private final @Nullable Tensor picture;
        private final Tensor mean;
        private final Tensor weighted;

        Result(@Nullable Tensor picture, Tensor mean, Tensor weighted) {
            this.picture = picture;
            this.mean = mean;
            this.weighted = weighted;
        }

        /**
         * The network's result, whose gradient may have further parts.
         *
         * @throws IllegalStateException if it was not wanted
         */
        public Tensor picture() {
            if (picture == null) {
                throw new IllegalStateException("pixel_loss: want a picture that was asked for, have its loss alone");
            }
            return picture;
        }

        /** The mean absolute difference, [1, 1, 1, 1]. */
        public Tensor mean() {
            return mean;
        }

        /** The same times the weight. */
        public Tensor weighted() {
            return weighted;
        }
    }

    /**
     * Compares a result that is there.
     *
     * @throws IllegalArgumentException unless result and target have one shape
     */
    public Result of(Tape tape, Tensor result) {
        check(result.shape());
        Tensor mean = L1Loss.apply(tape, norm.through(tape, result), target);
        return new Result(picture ? result : null, mean, weight == 1f ? mean : Scale.apply(tape, mean, weight));
    }

    void check(Shape result) {
        if (!result.equals(target.shape())) {
            throw new IllegalArgumentException(
                    "pixel_loss: want a target of shape " + result + ", have " + target.shape());
        }
    }
}
