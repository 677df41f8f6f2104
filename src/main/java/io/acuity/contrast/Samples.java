package io.acuity.contrast;

import io.acuity.device.Buffer;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tensor;

/**
 * Positive and negative examples of one step: sets of as many images as the batch has, one set after another, positives first.
 * No gradient flows to them.
 *
 * @param images [(positives + negatives) N, C, H, W]: RGB images in [0, 1], or their Haar bands
 * @param positives number of positive sets, at least 1
 * @param negatives number of negative sets, at least 1
 */
public record Samples(Tensor images, int positives, int negatives) {
    public Samples {
        if (positives < 1 || negatives < 1) {
            throw new IllegalArgumentException("samples: want at least one positive and one negative set, have "
                    + positives + " and " + negatives);
        }
        if (images.shape().n() % (positives + negatives) != 0) {
            throw new IllegalArgumentException(
                    "samples: want a multiple of " + (positives + negatives) + " images, have " + images.shape());
        }
    }

    /** All sets together. */
    public int sets() {
        return positives + negatives;
    }

    /** Images of one set. */
    public int batch() {
        return images.shape().n() / sets();
    }

    /** Set {@code k}, which shares the memory of all: [N, C, H, W]. */
    public Tensor set(int k) {
        return range(k, 1);
    }

    /** Sets {@code first .. first + count - 1}, which share the memory of all: [count N, C, H, W]. */
    public Tensor range(int first, int count) {
        if (first < 0 || count < 1 || first > sets() - count) {
            throw new IllegalArgumentException(
                    "samples: want sets in 0 to " + (sets() - 1) + ", have " + count + " from " + first);
        }
        Shape s = images.shape();
        Shape part = new Shape(count * batch(), s.c(), s.h(), s.w());
        long bytes = Tensor.bytes(part, images.precision());
        Buffer memory = images.data().slice(first * (bytes / count), bytes);
        return Tensor.of(part, memory);
    }
}
