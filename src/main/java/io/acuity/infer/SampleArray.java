package io.acuity.infer;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Unsigned samples of 8 or 16 bits on their way to or from a device. */
final class SampleArray {
    private final byte @Nullable [] bytes;
    private final short @Nullable [] shorts;

    SampleArray(int length, int bitDepth) {
        bytes = bitDepth == 8 ? new byte[length] : null;
        shorts = bitDepth == 8 ? null : new short[length];
    }

    void set(int index, int value) {
        if (bytes != null) {
            bytes[index] = (byte) value;
        } else {
            Objects.requireNonNull(shorts)[index] = (short) value;
        }
    }

    MemorySegment segment() {
        return bytes != null ? MemorySegment.ofArray(bytes) : MemorySegment.ofArray(Objects.requireNonNull(shorts));
    }
}
