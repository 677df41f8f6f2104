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

    /** Throws unless both have the same size. */
    static void requireSame(String what, int width, int height, int otherWidth, int otherHeight) {
        if (width != otherWidth || height != otherHeight) {
            throw new IllegalArgumentException("%s: want two pictures of one size, have %dx%d and %dx%d"
                    .formatted(what, width, height, otherWidth, otherHeight));
        }
    }
}
