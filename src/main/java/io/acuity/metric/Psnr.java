package io.acuity.metric;

import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Peak signal-to-noise ratio in dB with peak 255: 10 log10(255^2 / mean squared error); infinite for equal pictures. */
public final class Psnr {
    private Psnr() {}

    /** PSNR of two planes of one size. */
    public static double of(Plane reference, Plane result) {
        Plane.requireSame("psnr", reference.width(), reference.height(), result.width(), result.height());
        int w = reference.width();
        return ofErrors(
                reference.height(),
                y -> {
                    double sum = 0;
                    for (int i = y * w; i < (y + 1) * w; i++) {
                        double error = reference.values()[i] - result.values()[i];
                        sum += error * error;
                    }
                    return sum;
                },
                (long) w * reference.height());
    }

    /** PSNR over all colours of two pictures of one size, alpha left out; grey beside colour counts as three equal ones. */
    public static double of(Pixels reference, Pixels result) {
        Plane.requireSame("psnr", reference.width(), reference.height(), result.width(), result.height());
        int w = reference.width();
        int colours = Math.max(reference.colours(), result.colours());
        return ofErrors(
                reference.height(),
                y -> {
                    double sum = 0;
                    for (int x = 0; x < w; x++) {
                        for (int c = 0; c < colours; c++) {
                            double error = reference.value(x, y, Math.min(c, reference.colours() - 1))
                                    - result.value(x, y, Math.min(c, result.colours() - 1));
                            sum += error * error;
                        }
                    }
                    return sum;
                },
                (long) w * reference.height() * colours);
    }

    /** Rows are summed side by side and added in their order, so that threads do not change the result. */
    private static double ofErrors(int rows, IntToDoubleFunction squares, long count) {
        double[] sums = IntStream.range(0, rows).parallel().mapToDouble(squares).toArray();
        double sum = 0;
        for (double row : sums) {
            sum += row;
        }
        return 10 * Math.log10(255.0 * 255.0 * count / sum);
    }
}
