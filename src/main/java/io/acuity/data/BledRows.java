package io.acuity.data;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A picture whose colours go on under the fully transparent pixels beside visible ones. What a file holds there, mostly black, is
 * nobody's colour, but a filter or a network would mix it into the visible edge. Ring after ring, {@link #RINGS} pixels
 * far, a transparent pixel takes the mean of its neighbours (of 8) that have a colour. Alpha stays, and so do colours farther away.
 */
public final class BledRows implements RowReader {
    static final int RINGS = 8;
    private static final byte LATER = Byte.MAX_VALUE;

    private final RowReader reader;
    private int next;
    private int top;
    private int read;
    private @Nullable Image held;

    private BledRows(RowReader reader) {
        this.reader = reader;
    }

    /** The rows themselves when they have no alpha. */
    public static RowReader of(RowReader reader) {
        return reader.channels() % 2 == 0 ? new BledRows(reader) : reader;
    }

    @Override
    public int width() {
        return reader.width();
    }

    @Override
    public int height() {
        return reader.height();
    }

    @Override
    public int channels() {
        return reader.channels();
    }

    @Override
    public int bitDepth() {
        return reader.bitDepth();
    }

    @Override
    public Metadata metadata() {
        return reader.metadata();
    }

    @Override
    public boolean streams() {
        return reader.streams();
    }

    /** Colour moves a pixel with each ring, so rows are right with {@link #RINGS} more on either side. */
    @Override
    public Image read(int rows) {
        int from = Math.max(0, next - RINGS);
        int to = Math.min(height(), next + rows + RINGS);
        Image image = hold(from, to);
        Image bled = bled(image).crop(0, next - from, width(), rows);
        next += rows;
        return bled;
    }

    private Image hold(int from, int to) {
        Image kept = held == null || from >= read ? null : held.crop(0, from - top, width(), read - from);
        Image fresh = to > read ? reader.read(to - read) : null;
        Image both;
        if (kept == null || fresh == null) {
            both = fresh == null ? kept : fresh;
        } else {
            both = Image.black(width(), to - from, channels(), bitDepth()).withMetadata(metadata());
            int length = kept.width() * kept.height() * channels();
            System.arraycopy(kept.samples(), 0, both.samples(), 0, length);
            System.arraycopy(fresh.samples(), 0, both.samples(), length, fresh.width() * fresh.height() * channels());
        }
        if (both == null) {
            throw new IllegalArgumentException("rows: want at least 1, asked for " + (to - from));
        }
        top = from;
        read = Math.max(read, to);
        held = both;
        return both;
    }

    private static Image bled(Image image) {
        int pixels = image.width() * image.height();
        int channels = image.channels();
        byte[] ring = new byte[pixels]; // 0: visible; k: coloured in ring k; LATER: not yet
        boolean transparent = false;
        boolean visible = false;
        for (int i = 0; i < pixels; i++) {
            boolean hidden = image.sample(i * channels + channels - 1) == 0;
            ring[i] = hidden ? LATER : 0;
            transparent |= hidden;
            visible |= !hidden;
        }
        if (!transparent || !visible) {
            return image;
        }
        Image bled = Image.black(image.width(), image.height(), channels, image.bitDepth())
                .withMetadata(image.metadata());
        System.arraycopy(image.samples(), 0, bled.samples(), 0, pixels * channels);
        for (byte k = 1; k <= RINGS; k++) {
            colour(bled, ring, k);
        }
        return bled;
    }

    /** Colours the pixels beside those of earlier rings. */
    private static void colour(Image image, byte[] ring, byte k) {
        int width = image.width();
        int colours = image.channels() - 1;
        long[] sum = new long[colours];
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < width; x++) {
                if (ring[y * width + x] != LATER) {
                    continue;
                }
                Arrays.fill(sum, 0);
                int count = 0;
                for (int v = Math.max(0, y - 1); v <= Math.min(image.height() - 1, y + 1); v++) {
                    for (int u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
                        if (ring[v * width + u] < k) {
                            count++;
                            for (int c = 0; c < colours; c++) {
                                sum[c] += image.sample(u, v, c);
                            }
                        }
                    }
                }
                if (count > 0) {
                    ring[y * width + x] = k;
                    for (int c = 0; c < colours; c++) {
                        set(image, (y * width + x) * image.channels() + c, (int) ((sum[c] + count / 2) / count));
                    }
                }
            }
        }
    }

    private static void set(Image image, int index, int value) {
        if (image.bitDepth() == 8) {
            image.bytes()[index] = (byte) value;
        } else {
            image.shorts()[index] = (short) value;
        }
    }

    @Override
    public void close() {
        reader.close();
    }
}
