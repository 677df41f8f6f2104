package io.acuity.infer;

import io.acuity.model.Network;
import io.acuity.tensor.Shape;
import org.jspecify.annotations.Nullable;

/**
 * What is alike in passes that ask a device for the same work.
 *
 * @param shape of the windows, [N, 3, h, w]
 * @param bitDepth of their samples, 8 or 16
 */
record Form(Network network, Shape shape, int bitDepth) {
    /** Spelt out as in {@link Shape}, for the same reason. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Form form
                && network.equals(form.network)
                && shape.equals(form.shape)
                && bitDepth == form.bitDepth;
    }

    @Override
    public int hashCode() {
        return (network.hashCode() * 31 + shape.hashCode()) * 31 + bitDepth;
    }
}
