package io.acuity.tensor;

import io.acuity.device.Buffer;
import java.util.List;

/** Numbers that a layer multiplies with: trained themselves ({@link Parameter}) or derived from some ({@link DerivedWeight}). */
public interface Weight {
    /** Fills a packed copy from the values. */
    @FunctionalInterface
    interface Packing {
        void pack(Buffer values, Buffer packed);
    }

    /** Sizes in the file formats' order: for a convolution [out, in, k, k]. */
    List<Integer> dimensions();

    /** The numbers, in the order of {@link #dimensions}. */
    Buffer values();

    /** Whether gradients are to be formed. */
    boolean trains();

    /** Adds one contribution to the gradient. */
    void contribute(Tape tape, Tape.Contribution contribution);

    /** A copy packed for a kernel, of {@code bytes} bytes, remade only when the values have changed since. */
    Buffer packed(String kind, long bytes, Packing packing);
}
