package io.acuity.metric;

/**
 * One channel of a picture to be measured.
 *
 * @param width samples in a row
 * @param height rows
 * @param values [height, width], 0 to 255
 */
@SuppressWarnings("ArrayRecordComponent") // numbers to compute with, never compared
public record Plane(int width, int height, double[] values) {
    public Plane {
        if ((long) width * height != values.length) {
            throw new IllegalArgumentException(
                    "plane: want [%d, %d] values, have %d".formatted(height, width, values.length));
        }
    }

    /** The plane without {@code border} samples at each side. */
    public Plane shaved(int border) {
        if (border < 0 || 2 * border >= Math.min(width, height)) {
            throw new IllegalArgumentException(
                    "metric: want a border of less than half of %dx%d, have %d".formatted(width, height, border));
        }
        int w = width - 2 * border;
        int h = height - 2 * border;
        double[] inside = new double[w * h];
        for (int y = 0; y < h; y++) {
            System.arraycopy(values, (y + border) * width + border, inside, y * w, w);
        }
        return new Plane(w, h, inside);
    }

    /** Throws unless both have the same size. */
    static void requireSame(String what, int width, int height, int otherWidth, int otherHeight) {
        if (width != otherWidth || height != otherHeight) {
            throw new IllegalArgumentException("%s: want two pictures of one size, have %dx%d and %dx%d"
                    .formatted(what, width, height, otherWidth, otherHeight));
        }
    }
}
