package io.acuity.device;

/**
 * How many items a launch covers along x, y and z, and how many such grids lie one behind another along z. The device divides by
 * what a block of the kernel covers; no block covers items of two of a batch.
 */
public record Grid(long x, long y, long z, long batch) {
    public Grid {
        if (x < 0 || y < 0 || z < 0 || batch < 0) {
            throw new IllegalArgumentException("grid: want no negative side, have " + sides(x, y, z, batch));
        }
    }

    /** {@code x} items in a row. */
    public static Grid cover(long x) {
        return new Grid(x, 1, 1, 1);
    }

    /** {@code x * y * z} items. */
    public static Grid cover(long x, long y, long z) {
        return new Grid(x, y, z, 1);
    }

    private static String sides(long x, long y, long z, long batch) {
        return x + " x " + y + " x " + z + (batch == 1 ? "" : ", " + batch + " times");
    }

    @Override
    public String toString() {
        return "Grid[" + sides(x, y, z, batch) + "]";
    }

    /** This grid once for each of a batch. */
    public Grid times(long count) {
        return new Grid(x, y, z, Math.multiplyExact(batch, count));
    }
}
