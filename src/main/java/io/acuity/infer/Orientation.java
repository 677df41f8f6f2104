package io.acuity.infer;

/** One of the eight ways to turn and flip a picture: flip columns, flip rows, then exchange rows and columns. */
record Orientation(boolean flipColumns, boolean flipRows, boolean transpose) {
    static final Orientation UPRIGHT = new Orientation(false, false, false);

    static Orientation of(int index) {
        return new Orientation((index & 1) != 0, (index & 2) != 0, (index & 4) != 0);
    }

    /** The part of the turned picture that shows these rows of the upright one (its columns, when transposed). */
    Span rows(Span upright, int height) {
        return flipRows ? upright.mirrored(height) : upright;
    }

    Span columns(Span upright, int width) {
        return flipColumns ? upright.mirrored(width) : upright;
    }
}
