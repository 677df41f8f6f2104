package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Precision;
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

    /**
     * A copy packed for a kernel, remade only when the values have changed since.
     *
     * @param kind tells it from other copies: a name, or a {@link Fragments}
     */
    Buffer packed(Object kind, long bytes, Precision precision, Packing packing);

    /** A copy in fp32 in the device's own form. */
    default Buffer packed(String kind, long bytes, Packing packing) {
        return packed(kind, bytes, Precision.FP32, packing);
    }

    /** A copy in bf16 for tensor cores. */
    default Buffer packed(Fragments order, Packing packing) {
        return packed(order, order.bytes(), Precision.BF16, packing);
    }
}
