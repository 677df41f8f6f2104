package io.acuity.op;

/**
 * A separable Gaussian filter, axis-aligned: g(i) proportional to exp(-i² / (2 sigma²)) over an odd number of taps, their sum
 * 1, along each axis.
 *
 * @param tapsY taps down the rows: 1, 3, 5, 7, 9 or 11
 * @param tapsX taps along the columns, likewise
 * @param sigmaY standard deviation down the rows, in pixels, above 0
 * @param sigmaX standard deviation along the columns, in pixels, above 0
 */
public record Gaussian(int tapsY, int tapsX, double sigmaY, double sigmaX) {
    /** Taps on each side of the largest filter's centre. */
    static final int RADIUS = 5;

    public Gaussian {
        check("y", tapsY, sigmaY);
        check("x", tapsX, sigmaX);
    }

    private static void check(String axis, int taps, double sigma) {
        if (taps < 1 || taps > 2 * RADIUS + 1 || taps % 2 == 0) {
            throw new IllegalArgumentException(
                    "gaussian taps " + axis + ": want an odd number from 1 to " + (2 * RADIUS + 1) + ", have " + taps);
        }
        if (!(sigma > 0) || Double.isInfinite(sigma)) {
            throw new IllegalArgumentException("gaussian sigma " + axis + ": want above 0, have " + sigma);
        }
    }

    /** Taps on each side of the centre, down the rows. */
    public int radiusY() {
        return tapsY / 2;
    }

    /** Taps on each side of the centre, along the columns. */
    public int radiusX() {
        return tapsX / 2;
    }

    /** Weight of the centre, then of the pairs of taps at distance 1, 2, ..., down the rows. */
    public double[] weightsY() {
        return weights(radiusY(), sigmaY);
    }

    /** The same along the columns. */
    public double[] weightsX() {
        return weights(radiusX(), sigmaX);
    }

    private static double[] weights(int radius, double sigma) {
        double[] weights = new double[radius + 1];
        double sum = 0;
        for (int i = 0; i <= radius; i++) {
            weights[i] = Math.exp(-i * (double) i / (2 * sigma * sigma));
            sum += i == 0 ? weights[i] : 2 * weights[i];
        }
        for (int i = 0; i <= radius; i++) {
            weights[i] /= sum;
        }
        return weights;
    }
}
