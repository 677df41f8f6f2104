package io.acuity.data;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A picture in memory: samples [height, width, channels], interleaved, 8 or 16 bits each without sign, with the metadata
 * of its file. 1 channel is grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha (not multiplied in). The arrays are shared,
 * not copied: nobody changes them once a picture is made.
 */
public final class Image {
    private final int width;
    private final int height;
    private final int channels;
    private final byte @Nullable [] bytes;
    private final short @Nullable [] shorts;
    private final Metadata metadata;

    private Image(int width, int height, int channels, Object samples, Metadata metadata) {
        this.width = width;
        this.height = height;
        this.channels = channels;
        this.bytes = samples instanceof byte[] b ? b : null;
        this.shorts = samples instanceof short[] s ? s : null;
        this.metadata = metadata;
    }

    /** A picture of 8 bits a sample; {@code samples} are [height, width, channels]. */
    public static Image of(int width, int height, int channels, byte[] samples) {
        check(width, height, channels, samples.length);
        return new Image(width, height, channels, samples, Metadata.NONE);
    }

    /** A picture of 16 bits a sample; {@code samples} are [height, width, channels]. */
    public static Image of(int width, int height, int channels, short[] samples) {
        check(width, height, channels, samples.length);
        return new Image(width, height, channels, samples, Metadata.NONE);
    }

    /** A black picture. */
    public static Image black(int width, int height, int channels, int bitDepth) {
        int length = Math.toIntExact((long) width * height * channels);
        return bitDepth == 8
                ? of(width, height, channels, new byte[length])
                : of(width, height, channels, new short[length]);
    }

    /** Pixels in a row. */
    public int width() {
        return width;
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
    public int channels() {
        return channels;
    }

    /** 8 or 16. */
    public int bitDepth() {
        return bytes != null ? 8 : 16;
    }

    /** The largest sample: 255 or 65535. */
    public int peak() {
        return bytes != null ? 255 : 65535;
    }

    /** What its file says beside the samples. */
    public Metadata metadata() {
        return metadata;
    }

    /** Whether the last channel is alpha. */
    public boolean hasAlpha() {
        return channels == 2 || channels == 4;
    }

    /** 0 to 255 or 65535. */
    public int sample(int x, int y, int channel) {
        return sample((y * width + x) * channels + channel);
    }

    /** The sample at a position of the array, without sign. */
    int sample(int index) {
        return bytes != null ? bytes[index] & 0xFF : Objects.requireNonNull(shorts)[index] & 0xFFFF;
    }

    /** The samples of a picture of 8 bits. */
    public byte[] bytes() {
        if (bytes == null) {
            throw new IllegalStateException("image: want 8 bits a sample, have 16");
        }
        return bytes;
    }

    /** The samples of a picture of 16 bits. */
    public short[] shorts() {
        if (shorts == null) {
            throw new IllegalStateException("image: want 16 bits a sample, have 8");
        }
        return shorts;
    }

    /** The samples as memory, in the machine's byte order. */
    public MemorySegment segment() {
        return bytes != null ? MemorySegment.ofArray(bytes) : MemorySegment.ofArray(shorts());
    }

    /** The same samples, shared, with other metadata. */
    public Image withMetadata(Metadata other) {
        return new Image(width, height, channels, samples(), other);
    }

    /** The rectangle with its top-left corner at (x, y). */
    public Image crop(int x, int y, int w, int h) {
        if (x < 0 || y < 0 || w < 1 || h < 1 || x > width - w || y > height - h) {
            throw new IllegalArgumentException(
                    "crop: want a rectangle inside %dx%d, have %dx%d at (%d, %d)".formatted(width, height, w, h, x, y));
        }
        if (w == width && h == height) {
            return this;
        }
        Image part = black(w, h, channels, bitDepth()).withMetadata(metadata);
        for (int row = 0; row < h; row++) {
            int from = ((y + row) * width + x) * channels;
            System.arraycopy(samples(), from, part.samples(), row * w * channels, w * channels);
        }
        return part;
    }

    /** The picture cut at the right and the bottom to whole multiples of {@code scale}. */
    public Image modcrop(int scale) {
        if (width < scale || height < scale) {
            throw new IllegalArgumentException(
                    "modcrop: want at least %1$dx%1$d pixels, have %2$dx%3$d".formatted(scale, width, height));
        }
        return crop(0, 0, width - width % scale, height - height % scale);
    }

    /** A picture made of the named channels of this one, in that order; a channel may be named again. */
    public Image pick(int... which) {
        Image picked = black(width, height, which.length, bitDepth()).withMetadata(metadata);
        int pixels = width * height;
        for (int c = 0; c < which.length; c++) {
            if (bytes != null) {
                for (int i = 0, from = which[c], to = c; i < pixels; i++, from += channels, to += which.length) {
                    picked.bytes()[to] = bytes[from];
                }
            } else {
                for (int i = 0, from = which[c], to = c; i < pixels; i++, from += channels, to += which.length) {
                    picked.shorts()[to] = shorts()[from];
                }
            }
        }
        return picked;
    }

    /** The colours alone as three channels: grey is repeated, alpha left out. */
    public Image rgb() {
        return switch (channels) {
            case 3 -> this;
            case 4 -> pick(0, 1, 2);
            default -> pick(0, 0, 0);
        };
    }

    /** This picture in 8 bits a sample, rounded. */
    public Image to8() {
        if (bytes != null) {
            return this;
        }
        byte[] rounded = new byte[shorts().length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (byte) (((shorts()[i] & 0xFFFF) * 255 + 32767) / 65535);
        }
        return of(width, height, channels, rounded).withMetadata(metadata);
    }

    /** This picture without alpha, laid on {@code background} (0xRRGGBB). */
    public Image flatten(int background) {
        if (!hasAlpha()) {
            return this;
        }
        int colours = channels - 1;
        Image flat = black(width, height, colours, bitDepth()).withMetadata(metadata);
        int peak = peak();
        for (int i = 0, from = 0, to = 0; i < width * height; i++, from += channels) {
            long alpha = sample(from + colours);
            for (int c = 0; c < colours; c++, to++) {
                long ground = (background >> (16 - 8 * c) & 0xFFL) * (peak / 255);
                long mixed = (sample(from + c) * alpha + ground * (peak - alpha) + peak / 2) / peak;
                if (flat.bytes != null) {
                    flat.bytes[to] = (byte) mixed;
                } else {
                    flat.shorts()[to] = (short) mixed;
                }
            }
        }
        return flat;
    }

    /** The array itself, {@code byte[]} or {@code short[]}. */
    Object samples() {
        return bytes != null ? bytes : shorts();
    }

    @Override
    public String toString() {
        return width + "x" + height + "x" + channels + ", " + bitDepth() + " bits";
    }

    private static void check(int width, int height, int channels, int length) {
        if (width < 1 || height < 1 || channels < 1 || channels > 4 || (long) width * height * channels != length) {
            throw new IllegalArgumentException(
                    "image: want [height, width, 1..4 channels] samples, have [%d, %d, %d] and %d"
                            .formatted(height, width, channels, length));
        }
    }
}
