package io.acuity.metric;

import java.util.stream.IntStream;

/**
 * Structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004) as in the authors' MATLAB code: Gaussian window of 11x11
 * with deviation 1.5, only where it lies inside the picture, K 0.01 and 0.03, peak 255.
 */
public final class Ssim {
    private static final int SIZE = 11;
    private static final double C1 = 0.01 * 255 * (0.01 * 255);
    private static final double C2 = 0.03 * 255 * (0.03 * 255);
    private static final double[] WINDOW = window();

    private Ssim() {}

    /** The mean over all windows, at most 1. */
    public static double of(Plane reference, Plane result) {
        Plane.requireSame("ssim", reference.width(), reference.height(), result.width(), result.height());
        if (reference.width() < SIZE || reference.height() < SIZE) {
            throw new IllegalArgumentException(
                    "ssim: want at least 11x11 samples, have %dx%d".formatted(reference.width(), reference.height()));
        }
        int rows = reference.height() - SIZE + 1;
        double[] sums = IntStream.range(0, rows)
                .parallel()
                .mapToDouble(y -> row(reference, result, y))
                .toArray();
        double sum = 0;
        for (double row : sums) {
            sum += row;
        }
        return sum / ((double) rows * (reference.width() - SIZE + 1));
    }

    /** The sum over the windows whose top row is {@code top}. */
    private static double row(Plane reference, Plane result, int top) {
        int w = reference.width();
        double[][] moments = new double[5][w]; // x, y, xx, yy, xy
        for (int k = 0; k < SIZE; k++) {
            int from = (top + k) * w;
            double weight = WINDOW[k];
            for (int i = 0; i < w; i++) {
                double x = reference.values()[from + i];
                double y = result.values()[from + i];
                moments[0][i] += weight * x;
                moments[1][i] += weight * y;
                moments[2][i] += weight * (x * x);
                moments[3][i] += weight * (y * y);
                moments[4][i] += weight * (x * y);
            }
        }
        double sum = 0;
        for (int i = 0; i + SIZE <= w; i++) {
            double x = across(moments[0], i);
            double y = across(moments[1], i);
            double varianceX = across(moments[2], i) - x * x;
            double varianceY = across(moments[3], i) - y * y;
            double covariance = across(moments[4], i) - x * y;
            sum += (2 * x * y + C1) * (2 * covariance + C2) / ((x * x + y * y + C1) * (varianceX + varianceY + C2));
        }
        return sum;
    }

    private static double across(double[] line, int from) {
        double sum = 0;
        for (int k = 0; k < SIZE; k++) {
            sum += WINDOW[k] * line[from + k];
        }
        return sum;
    }

    private static double[] window() {
        double[] window = new double[SIZE];
        double sum = 0;
        for (int k = 0; k < SIZE; k++) {
            double d = k - SIZE / 2;
            window[k] = Math.exp(-d * d / (2 * 1.5 * 1.5));
            sum += window[k];
        }
        for (int k = 0; k < SIZE; k++) {
            window[k] /= sum;
        }
        return window;
    }
}
