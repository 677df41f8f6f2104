package io.acuity.data;

import io.acuity.op.BicubicTaps;
import io.acuity.op.BicubicTaps.Border;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * MATLAB's {@code imresize} with its bicubic kernel, in double precision, under three conventions that reproduce what
 * different versions of it give, bit for bit. Sums run in the order of the taps, so the result does not depend on threads.
 */
public final class Bicubic {
    private Bicubic() {}

    /** Which MATLAB is imitated. */
    public enum Convention {
        /** Older MATLAB: the edge sample goes on beyond the edge, each direction is rounded to the picture's integers. */
        CLAMPED_U8("clamped-u8", Border.CLAMPED, true),
        /** Later MATLAB given integers: the picture is mirrored at its edge, each direction is rounded. */
        MIRRORED_U8("mirrored-u8", Border.MIRRORED, true),
        /** Later MATLAB given doubles, and BasicSR: mirrored, rounded once at the end. */
        MIRRORED_DOUBLE("mirrored-double", Border.MIRRORED, false);

        private final String label;
        private final Border border;
        private final boolean rounded;

        Convention(String label, Border border, boolean rounded) {
            this.label = label;
            this.border = border;
            this.rounded = rounded;
        }

        /** The name on the command line and in model files. */
        public String label() {
            return label;
        }

        public Border border() {
            return border;
        }

        /** The convention of a name; throws naming all when there is none. */
        public static Convention of(String label) {
            for (Convention convention : values()) {
                if (convention.label.equals(label.toLowerCase(Locale.ROOT))) {
                    return convention;
                }
            }
            throw new IllegalArgumentException(
                    "bicubic convention: want clamped-u8, mirrored-u8 or mirrored-double, have " + label);
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /** The picture at another size, each channel on its own, metadata kept. */
    public static Image resize(Image image, int width, int height, Convention convention) {
        BicubicTaps down = BicubicTaps.of(image.height(), height, convention.border);
        BicubicTaps across = BicubicTaps.of(image.width(), width, convention.border);
        int channels = image.channels();
        int peak = image.peak();
        Image result = Image.black(width, height, channels, image.bitDepth()).withMetadata(image.metadata());
        double[] source = rowsFirst(down, across) ? new double[0] : columns(image, across, convention);
        IntStream.range(0, height).parallel().forEach(y -> {
            double[] row;
            if (rowsFirst(down, across)) {
                double[] line = new double[image.width() * channels];
                sumRows(image, down, y, line);
                if (convention.rounded) {
                    round(line, peak);
                }
                row = new double[width * channels];
                sumColumns(line, 0, across, channels, row, 0);
            } else {
                row = new double[width * channels];
                sumRows(source, down, y, row);
            }
            store(row, peak, result, y * width * channels);
        });
        return result;
    }

    /** The picture with each side divided by {@code scale}, which must divide it. */
    public static Image shrink(Image image, int scale, Convention convention) {
        if (image.width() % scale != 0 || image.height() % scale != 0) {
            throw new IllegalArgumentException("bicubic: want sides that " + scale + " divides, have " + image);
        }
        return resize(image, image.width() / scale, image.height() / scale, convention);
    }

    /** The picture with each side {@code scale} times as long. */
    public static Image enlarge(Image image, int scale, Convention convention) {
        return resize(image, image.width() * scale, image.height() * scale, convention);
    }

    /** Samples [inHeight, inWidth, channels] at another size, nothing rounded. */
    public static double[] resize(double[] samples, int channels, BicubicTaps down, BicubicTaps across) {
        int length = Math.multiplyExact(down.in(), Math.multiplyExact(across.in(), channels));
        if (samples.length != length) {
            throw new IllegalArgumentException("bicubic: want " + length + " samples, have " + samples.length);
        }
        int stride = across.in() * channels;
        int width = across.out() * channels;
        double[] result = new double[down.out() * width];
        double[] narrowed = new double[rowsFirst(down, across) ? 0 : down.in() * width];
        if (!rowsFirst(down, across)) {
            IntStream.range(0, down.in())
                    .parallel()
                    .forEach(y -> sumColumns(samples, y * stride, across, channels, narrowed, y * width));
        }
        IntStream.range(0, down.out()).parallel().forEach(y -> {
            if (rowsFirst(down, across)) {
                double[] line = new double[stride];
                sumRows(samples, down, y, line);
                sumColumns(line, 0, across, channels, result, y * width);
            } else {
                double[] row = new double[width];
                sumRows(narrowed, down, y, row);
                System.arraycopy(row, 0, result, y * width, width);
            }
        });
        return result;
    }

    /** Samples [height, width, channels] at another size, nothing rounded but the result to float. */
    public static float[] resize(float[] samples, int channels, BicubicTaps down, BicubicTaps across) {
        double[] exact = new double[samples.length];
        for (int i = 0; i < exact.length; i++) {
            exact[i] = samples[i];
        }
        double[] resized = resize(exact, channels, down, across);
        float[] result = new float[resized.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) resized[i];
        }
        return result;
    }

    /** MATLAB begins with the direction of the smaller scale, with the rows when they are equal. */
    private static boolean rowsFirst(BicubicTaps down, BicubicTaps across) {
        return (double) down.out() / down.in() <= (double) across.out() / across.in();
    }

    private static double[] columns(Image image, BicubicTaps across, Convention convention) {
        int channels = image.channels();
        int stride = image.width() * channels;
        int width = across.out() * channels;
        double[] result = new double[Math.multiplyExact(image.height(), width)];
        IntStream.range(0, image.height()).parallel().forEach(y -> {
            double[] line = new double[stride];
            for (int i = 0; i < stride; i++) {
                line[i] = image.sample(y * stride + i);
            }
            double[] row = new double[width];
            sumColumns(line, 0, across, channels, row, 0);
            if (convention.rounded) {
                round(row, image.peak());
            }
            System.arraycopy(row, 0, result, y * width, width);
        });
        return result;
    }

    private static void sumRows(Image image, BicubicTaps taps, int y, double[] line) {
        if (image.samples() instanceof byte[] bytes) {
            for (int k = 0; k < taps.taps(); k++) {
                int from = taps.index()[y * taps.taps() + k] * line.length;
                double weight = taps.weight()[y * taps.taps() + k];
                for (int i = 0; i < line.length; i++) {
                    line[i] += weight * (bytes[from + i] & 0xFF);
                }
            }
            return;
        }
        short[] shorts = image.shorts();
        for (int k = 0; k < taps.taps(); k++) {
            int from = taps.index()[y * taps.taps() + k] * line.length;
            double weight = taps.weight()[y * taps.taps() + k];
            for (int i = 0; i < line.length; i++) {
                line[i] += weight * (shorts[from + i] & 0xFFFF);
            }
        }
    }

    private static void sumRows(double[] samples, BicubicTaps taps, int y, double[] line) {
        for (int k = 0; k < taps.taps(); k++) {
            int from = taps.index()[y * taps.taps() + k] * line.length;
            double weight = taps.weight()[y * taps.taps() + k];
            for (int i = 0; i < line.length; i++) {
                line[i] += weight * samples[from + i];
            }
        }
    }

    private static void sumColumns(double[] line, int from, BicubicTaps taps, int channels, double[] row, int to) {
        int[] index = taps.index();
        double[] weight = taps.weight();
        int n = taps.taps();
        for (int x = 0, at = to; x < taps.out(); x++) {
            for (int c = 0; c < channels; c++, at++) {
                double sum = 0;
                for (int k = x * n; k < (x + 1) * n; k++) {
                    sum += weight[k] * line[from + index[k] * channels + c];
                }
                row[at] = sum;
            }
        }
    }

    /** To whole numbers of 0 to peak, halves away from zero as MATLAB rounds. */
    private static void round(double[] line, int peak) {
        for (int i = 0; i < line.length; i++) {
            line[i] = Math.floor(Math.clamp(line[i], 0, peak) + 0.5);
        }
    }

    private static void store(double[] row, int peak, Image into, int at) {
        if (into.samples() instanceof byte[] bytes) {
            for (int i = 0; i < row.length; i++) {
                bytes[at + i] = (byte) (int) (Math.clamp(row[i], 0, peak) + 0.5);
            }
        } else {
            for (int i = 0; i < row.length; i++) {
                into.shorts()[at + i] = (short) (int) (Math.clamp(row[i], 0, peak) + 0.5);
            }
        }
    }
}
