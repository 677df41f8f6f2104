package io.acuity.op;

/**
 * Source positions and weights of a bicubic resize along one axis: output r is the sum over k of {@code weight[r * taps + k] *
 * x[index[r * taps + k]]}, summed in the order of k. MATLAB's {@code imresize} ({@link #of}) has the kernel with a = -0.5,
 * widened by 1/scale when shrinking, and each output's weights sum to one.
 *
 * @param in length of the source axis
 * @param out length of the result axis
 * @param taps weights for each output
 * @param index [out, taps] positions in 0..in-1
 * @param weight [out, taps]
 */
@SuppressWarnings("ArrayRecordComponent") // tables to compute with, never compared
public record BicubicTaps(int in, int out, int taps, int[] index, double[] weight) {

    /** What stands in for samples beyond the edge. */
    public enum Border {
        /** The sample at the edge, as MATLAB before 2016 did. */
        CLAMPED,
        /** The picture mirrored at its edge (the edge sample twice), as later MATLAB does. */
        MIRRORED
    }

    /** Taps for {@code in} to {@code out} samples, scale {@code out / in}, with antialiasing when shrinking. */
    public static BicubicTaps of(int in, int out, Border border) {
        return of(in, out, border, true);
    }

    /** Taps for {@code in} to {@code out} samples; without {@code antialias} the kernel is never widened. */
    public static BicubicTaps of(int in, int out, Border border, boolean antialias) {
        if (in < 1 || out < 1) {
            throw new IllegalArgumentException("bicubic: want lengths of 1 or more, have " + in + " to " + out);
        }
        double scale = (double) out / in;
        double stretch = antialias && scale < 1 ? scale : 1;
        double width = 4 / stretch;
        int span = (int) Math.ceil(width) + 2;

        int[] position = new int[out * span];
        double[] value = new double[out * span];
        boolean[] used = new boolean[span];
        for (int r = 0; r < out; r++) {
            // MATLAB counts from one; its formulas are kept so that every rounding is the same
            double u = (r + 1) / scale + 0.5 * (1 - 1 / scale);
            double left = Math.floor(u - width / 2);
            double sum = 0;
            for (int k = 0; k < span; k++) {
                double at = left + k;
                double w = stretch * cubic(stretch * (u - at));
                value[r * span + k] = w;
                position[r * span + k] = place((int) at - 1, in, border);
                sum += w;
            }
            for (int k = 0; k < span; k++) {
                value[r * span + k] /= sum;
                used[k] |= value[r * span + k] != 0;
            }
        }
        return compact(in, out, span, position, value, used);
    }

    /**
     * Taps of PyTorch's bicubic {@code interpolate} with aligned corners: output r lies at r (in - 1) / (out - 1), the kernel
     * has a = -0.75 and is never widened, positions beyond the edge are those of the edge. Always four taps.
     */
    public static BicubicTaps alignedCorners(int in, int out) {
        if (in < 1 || out < 1) {
            throw new IllegalArgumentException("bicubic: want lengths of 1 or more, have " + in + " to " + out);
        }
        int[] index = new int[4 * out];
        double[] weight = new double[4 * out];
        for (int r = 0; r < out; r++) {
            // the integer part exactly, so that no rounding puts a position on the wrong side of a sample
            long place = (long) r * (in - 1);
            int steps = Math.max(out - 1, 1);
            int left = (int) (place / steps);
            double t = (place % steps) / (double) steps;
            double[] distance = {1 + t, t, 1 - t, 2 - t};
            for (int k = 0; k < 4; k++) {
                index[4 * r + k] = Math.clamp(left - 1 + k, 0, in - 1);
                weight[4 * r + k] = sharpCubic(distance[k]);
            }
        }
        return new BicubicTaps(in, out, 4, index, weight);
    }

    /** The weights in the kernels' precision. */
    public float[] floatWeights() {
        float[] floats = new float[weight.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) weight[i];
        }
        return floats;
    }

    /** Leaves out the columns that are zero for every output, as MATLAB does. */
    private static BicubicTaps compact(int in, int out, int span, int[] position, double[] value, boolean[] used) {
        int taps = 0;
        for (boolean u : used) {
            taps += u ? 1 : 0;
        }
        int[] index = new int[out * taps];
        double[] weight = new double[out * taps];
        for (int r = 0, to = 0; r < out; r++) {
            for (int k = 0; k < span; k++) {
                if (used[k]) {
                    index[to] = position[r * span + k];
                    weight[to++] = value[r * span + k];
                }
            }
        }
        return new BicubicTaps(in, out, taps, index, weight);
    }

    private static int place(int at, int length, Border border) {
        if (border == Border.CLAMPED) {
            return Math.clamp(at, 0, length - 1);
        }
        int wrapped = Math.floorMod(at, 2 * length);
        return wrapped < length ? wrapped : 2 * length - 1 - wrapped;
    }

    private static double cubic(double x) {
        double a = Math.abs(x);
        double a2 = a * a;
        double a3 = a2 * a;
        if (a <= 1) {
            return 1.5 * a3 - 2.5 * a2 + 1;
        }
        return a <= 2 ? -0.5 * a3 + 2.5 * a2 - 4 * a + 2 : 0;
    }

    /** Keys' kernel with a = -0.75, for 0 <= x <= 2. */
    private static double sharpCubic(double x) {
        double a = -0.75;
        return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    }
}
