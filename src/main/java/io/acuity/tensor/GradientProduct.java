package io.acuity.tensor;

import io.acuity.device.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Sums over pixels of a tensor's gradient times another tensor, which the operation that made the tensor has use for. Who forms the
 * gradient has it at hand and may leave them; they are of the gradient as it was then.
 */
final class GradientProduct {
    private final Tensor factor;
    private @Nullable Buffer sums;

    GradientProduct(Tensor factor) {
        this.factor = factor;
    }

    Tensor factor() {
        return factor;
    }

    void leave(Buffer left) {
        sums = left;
    }

    /** What was left last and not taken, or null. */
    @Nullable
    Buffer take() {
        Buffer left = sums;
        sums = null;
        return left;
    }
}
