package io.acuity.data;

/** Smooth random patterns for drawn pictures: value noise on a grid, and sums of it at doubled frequencies. */
final class Noise {
    private final int seed;

    Noise(int seed) {
        this.seed = seed;
    }

    /** -1 to 1, smooth over a distance of about one. */
    double at(double x, double y) {
        double fx = Math.floor(x);
        double fy = Math.floor(y);
        int ix = (int) fx;
        int iy = (int) fy;
        double u = smooth(x - fx);
        double v = smooth(y - fy);
        double top = knot(ix, iy) * (1 - u) + knot(ix + 1, iy) * u;
        double bottom = knot(ix, iy + 1) * (1 - u) + knot(ix + 1, iy + 1) * u;
        return top * (1 - v) + bottom * v;
    }

    /** About -1 to 1, with detail over that many octaves. */
    double rough(double x, double y, int octaves) {
        double sum = 0;
        double weight = 0.5;
        double scale = 1;
        for (int i = 0; i < octaves; i++, weight /= 2, scale *= 2) {
            sum += weight * at(x * scale + 17 * i, y * scale - 9 * i);
        }
        return sum;
    }

    private double knot(int x, int y) {
        int h = x * 0x27D4EB2D ^ y * 0x165667B1 ^ seed * 0x9E3779B1;
        h = (h ^ h >>> 15) * 0x85EBCA6B;
        h = (h ^ h >>> 13) * 0xC2B2AE35;
        return (h ^ h >>> 16) / (double) (1L << 31);
    }

    private static double smooth(double t) {
        return t * t * t * (t * (6 * t - 15) + 10);
    }
}
