package io.acuity.infer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A picture in memory of any kind, on the heap or off it: samples [height][width][channels] without gaps, unsigned, 16-bit
 * ones in the machine's byte order.
 *
 * @param channels 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
 * @param bitDepth 8 or 16
 */
public record Raster(MemorySegment samples, int width, int height, int channels, int bitDepth) {
    public Raster {
        if (width < 1 || height < 1 || channels < 1 || channels > 4 || (bitDepth != 8 && bitDepth != 16)) {
            throw new IllegalArgumentException("raster: want at least 1x1 pixels, 1 to 4 channels, 8 or 16 bits, have "
                    + width + "x" + height + ", " + channels + ", " + bitDepth);
        }
        long want = bytes(width, height, channels, bitDepth);
        if (samples.byteSize() != want) {
            throw new IllegalArgumentException("raster of %dx%d, %d channels, %d bits: want %d bytes, have %d"
                    .formatted(width, height, channels, bitDepth, want, samples.byteSize()));
        }
    }

    /** Bytes of a picture of this form. */
    public static long bytes(int width, int height, int channels, int bitDepth) {
        return (long) width * height * channels * (bitDepth / 8);
    }

    void copyRows(int row, int rows, Object to) {
        long stride = bytes(width, 1, channels, bitDepth);
        MemorySegment from = samples.asSlice(row * stride, rows * stride);
        if (to instanceof byte[] bytes) {
            MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
        } else if (to instanceof short[] shorts) {
            MemorySegment.copy(from, ValueLayout.JAVA_SHORT_UNALIGNED, 0, shorts, 0, shorts.length);
        }
    }
}
