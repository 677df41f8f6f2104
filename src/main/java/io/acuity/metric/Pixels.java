package io.acuity.metric;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A picture to be measured: samples [height, width, channels], interleaved, of 8 or 16 bits, seen as 0 to 255. */
public final class Pixels {
    private final int width;
    private final int height;
    private final int channels;
    private final byte @Nullable [] bytes;
    private final short @Nullable [] shorts;
    private final int stride; // samples in a row of the array
    private final int start;

    private Pixels(
            int width,
            int height,
            int channels,
            byte @Nullable [] bytes,
            short @Nullable [] shorts,
            int stride,
            int start) {
        this.width = width;
        this.height = height;
        this.channels = channels;
        this.bytes = bytes;
        this.shorts = shorts;
        this.stride = stride;
        this.start = start;
    }

    /** A picture of 8 bits; the array is shared. */
    public static Pixels of(int width, int height, int channels, byte[] samples) {
        check(width, height, channels, samples.length);
        return new Pixels(width, height, channels, samples, null, width * channels, 0);
    }

    /** A picture of 16 bits, measured as if 65535 were 255; the array is shared. */
    public static Pixels of(int width, int height, int channels, short[] samples) {
        check(width, height, channels, samples.length);
        return new Pixels(width, height, channels, null, samples, width * channels, 0);
    }

    /** Pixels in a row. */
    public int width() {
        return width;
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
    public int channels() {
        return channels;
    }

    /** 1 or 3: channels without alpha, which no metric looks at. */
    public int colours() {
        return channels < 3 ? 1 : 3;
    }

    /** 0 to 255. */
    public double value(int x, int y, int channel) {
        int at = start + y * stride + x * channels + channel;
        return bytes != null ? bytes[at] & 0xFF : (Objects.requireNonNull(shorts)[at] & 0xFFFF) / 257.0;
    }

    /** The picture without {@code border} samples at each side. */
    public Pixels shaved(int border) {
        if (border < 0 || 2 * border >= Math.min(width, height)) {
            throw new IllegalArgumentException(
                    "metric: want a border of less than half of %dx%d, have %d".formatted(width, height, border));
        }
        return new Pixels(
                width - 2 * border,
                height - 2 * border,
                channels,
                bytes,
                shorts,
                stride,
                start + border * (stride + channels));
    }

    /** The picture cut at the right and the bottom to whole multiples of {@code scale}. */
    public Pixels modcropped(int scale) {
        return new Pixels(width - width % scale, height - height % scale, channels, bytes, shorts, stride, start);
    }

    private static void check(int width, int height, int channels, int length) {
        if (width < 1 || height < 1 || channels < 1 || channels > 4 || (long) width * height * channels != length) {
            throw new IllegalArgumentException(
                    "metric: want [height, width, 1..4 channels] samples, have [%d, %d, %d] and %d"
                            .formatted(height, width, channels, length));
        }
    }
}
