package io.acuity.device;

/** How many items a launch covers along x, y and z; the device divides by the kernel's block. */
public record Grid(long x, long y, long z) {
    public Grid {
        if (x < 0 || y < 0 || z < 0) {
            throw new IllegalArgumentException("grid: want no negative side, have " + x + " x " + y + " x " + z);
        }
    }

    /** {@code x} items in a row. */
    public static Grid cover(long x) {
        return new Grid(x, 1, 1);
    }

    /** {@code x * y * z} items. */
    public static Grid cover(long x, long y, long z) {
        return new Grid(x, y, z);
    }
}
