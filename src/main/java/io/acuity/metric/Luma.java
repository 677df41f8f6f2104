package io.acuity.metric;

import java.util.stream.IntStream;

/** ITU-R BT.601 luma in the studio range, 16 + (65.481 R + 128.553 G + 24.966 B) / 255, as MATLAB's rgb2ycbcr gives it. */
public final class Luma {
    private Luma() {}

    /** Luma of one pixel of 0 to 255, 16 to 235, not rounded. */
    public static double of(double red, double green, double blue) {
        return 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255;
    }

    /** Luma of a picture; a grey one counts as three equal channels when {@code repeatGrey}, else as its own luma. */
    public static Plane of(Pixels pixels, boolean repeatGrey, boolean rounded) {
        int w = pixels.width();
        double[] values = new double[w * pixels.height()];
        boolean grey = pixels.colours() == 1;
        IntStream.range(0, pixels.height()).parallel().forEach(y -> {
            for (int x = 0; x < w; x++) {
                double first = pixels.value(x, y, 0);
                double luma = !grey
                        ? of(first, pixels.value(x, y, 1), pixels.value(x, y, 2))
                        : repeatGrey ? of(first, first, first) : first;
                values[y * w + x] = rounded ? Math.floor(luma + 0.5) : luma;
            }
        });
        return new Plane(w, pixels.height(), values);
    }
}
