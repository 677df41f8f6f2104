package io.acuity.data;

import java.io.IOException;

/**
 * Pictures of PNG files, samples as stored: 16 bits stay, greys of fewer than 8 bits are stretched to 0..255, palettes
 * and transparent colours are expanded, interlaced files are put together.
 */
final class PngReader implements RowReader {
    private static final int[][] PASSES = { // Adam7: first column, first row, column step, row step
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    private final Source source;
    private final PngInfo info;
    private final PngRows rows;
    private byte[] row;
    private byte[] above;
    private int next;

    PngReader(Source source, PngInfo info) throws IOException {
        this.source = source;
        this.info = info;
        this.rows = new PngRows(source, info);
        this.row = new byte[stored(width())];
        this.above = new byte[stored(width())];
    }

    /** The whole picture, interlaced or not. */
    static Image decode(Source source, Limits limits) throws IOException {
        PngInfo info = PngInfo.scan(source, limits);
        try (PngReader reader = new PngReader(source, info)) {
            return info.interlaced() ? reader.interlaced() : reader.read(reader.height());
        }
    }

    @Override
    public int width() {
        return info.header().width();
    }

    @Override
    public int height() {
        return info.header().height();
    }

    @Override
    public int channels() {
        return info.channels();
    }

    @Override
    public int bitDepth() {
        return info.bitDepth();
    }

    @Override
    public Metadata metadata() {
        return info.metadata();
    }

    @Override
    public boolean streams() {
        return true;
    }

    @Override
    public Image read(int count) {
        if (count < 1 || count > height() - next) {
            throw new IllegalArgumentException(
                    "rows of " + source.name() + ": want at most " + (height() - next) + ", asked for " + count);
        }
        Image band = Image.black(width(), count, channels(), bitDepth()).withMetadata(metadata());
        return ImageFile.guarded(source, () -> {
            for (int y = 0; y < count; y++) {
                step(stored(width()));
                expand(band, y * width(), 1, width());
            }
            next += count;
            if (next == height()) {
                rows.finish();
            }
            return band;
        });
    }

    @Override
    public void close() {
        try {
            rows.close();
        } catch (IOException e) {
            throw new ImageException(source.name(), "cannot be closed: " + e.getMessage(), e);
        }
    }

    private Image interlaced() throws IOException {
        Image whole = Image.black(width(), height(), channels(), bitDepth()).withMetadata(metadata());
        for (int[] pass : PASSES) {
            int columns = (width() - pass[0] + pass[2] - 1) / pass[2];
            if (columns <= 0) {
                continue;
            }
            above = new byte[stored(columns)];
            row = new byte[stored(columns)];
            for (int y = pass[1]; y < height(); y += pass[3]) {
                step(stored(columns));
                expand(whole, y * width() + pass[0], pass[2], columns);
            }
        }
        rows.finish();
        return whole;
    }

    /** Reads the next row into {@code above}, which it is for the row after. */
    private void step(int length) throws IOException {
        rows.read(row, above, length);
        byte[] swap = above;
        above = row;
        row = swap;
    }

    private int stored(int pixels) {
        return Math.toIntExact(((long) pixels * info.storedBits() + 7) / 8);
    }

    /** Puts {@code pixels} stored in {@code above} into the image, from the pixel {@code first} on, {@code step} apart. */
    private void expand(Image image, int first, int step, int pixels) {
        int channels = image.channels();
        int samples = info.header().channels();
        if (info.colourType() == 3) {
            palette(image.bytes(), first * channels, step * channels, pixels);
            return;
        }
        boolean keyed = info.transparency() != null;
        if (info.header().bitDepth() == 8 && !keyed && step == 1) {
            System.arraycopy(above, 0, image.bytes(), first * channels, pixels * channels);
            return;
        }
        for (int x = 0; x < pixels; x++) {
            int to = (first + x * step) * channels;
            boolean transparent = keyed;
            for (int c = 0; c < samples; c++) {
                int stored = stored(x * samples + c, info.header().bitDepth());
                transparent &= keyed && stored == key(c);
                if (info.header().bitDepth() == 16) {
                    image.shorts()[to + c] = (short) stored;
                } else {
                    image.bytes()[to + c] =
                            (byte) (stored * 255 / ((1 << info.header().bitDepth()) - 1));
                }
            }
            if (keyed && image.bitDepth() == 16) {
                image.shorts()[to + samples] = (short) (transparent ? 0 : 0xFFFF);
            } else if (keyed) {
                image.bytes()[to + samples] = (byte) (transparent ? 0 : 0xFF);
            }
        }
    }

    private void palette(byte[] into, int first, int step, int pixels) {
        byte[] palette = info.palette();
        byte[] alpha = info.transparency();
        for (int x = 0, to = first; x < pixels; x++, to += step) {
            int index = stored(x, info.header().bitDepth());
            if (palette == null || 3 * index >= palette.length) {
                throw new ImageException(
                        source.name(), "this PNG is damaged: a pixel has the colour " + index + ", beyond its palette");
            }
            into[to] = palette[3 * index];
            into[to + 1] = palette[3 * index + 1];
            into[to + 2] = palette[3 * index + 2];
            if (alpha != null) {
                into[to + 3] = index < alpha.length ? alpha[index] : (byte) 0xFF;
            }
        }
    }

    private int key(int channel) {
        byte[] key = info.transparency();
        return key == null ? -1 : (key[2 * channel] & 0xFF) << 8 | (key[2 * channel + 1] & 0xFF);
    }

    /** The sample at a position of the row, of 1, 2, 4, 8 or 16 bits. */
    private int stored(int position, int depth) {
        if (depth == 16) {
            return (above[2 * position] & 0xFF) << 8 | (above[2 * position + 1] & 0xFF);
        }
        long bit = (long) position * depth;
        return (above[(int) (bit >> 3)] & 0xFF) >> (8 - depth - (int) (bit & 7)) & ((1 << depth) - 1);
    }
}
