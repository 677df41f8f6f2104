package io.acuity.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/** Numbers to test with, how near they must come to the truth, and gradients by finite differences. */
public final class Numbers {
    /** Elements checked one by one where there are more than this. */
    private static final int SAMPLES = 12;

    private static final int ALL_UP_TO = 40;
    private static final int DIRECTIONS = 2;
    private static final double EPSILON = 1e-6;

    private Numbers() {}

    /** Uniform in [-1, 1), none nearer to 0 than 1e-3, so that a kink at 0 stays where it is. */
    public static float[] uniform(long count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            float v = (float) (2 * random.nextDouble() - 1);
            values[i] = Math.abs(v) < 1e-3f ? 1e-3f : v;
        }
        return values;
    }

    public static float[] scaled(float[] values, double factor) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (values[i] * factor);
        }
        return out;
    }

    /** The nearest bf16 numbers. */
    public static float[] roundedToBf16(float[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = Float.intBitsToFloat(HostLayout.toBf16(values[i]) << 16);
        }
        return out;
    }

    public static double[] doubles(float[] values) {
        double[] out = new double[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i];
        }
        return out;
    }

    public static double dot(double[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    /** Each number within {@code tolerance} times the largest true one (at least times 1e-3). */
    public static void assertNear(String what, float[] have, double[] want, double tolerance) {
        assertThat(have).as(what).hasSize(want.length);
        double allowed = tolerance * Math.max(largest(want), 1e-3);
        int worst = -1;
        double worstError = allowed;
        for (int i = 0; i < have.length; i++) {
            double error = Math.abs(have[i] - want[i]);
            if (!(error <= worstError)) {
                worst = i;
                worstError = error;
            }
        }
        if (worst >= 0) {
            throw new AssertionError("%s: at %d want %s, have %s: off by %.3g, %.3g allowed"
                    .formatted(what, worst, want[worst], have[worst], worstError, allowed));
        }
    }

    /**
     * The gradient of {@code loss} at {@code at} against central differences: along random directions, which touch every
     * element, and of single elements (all of them where there are few).
     */
    public static void assertGradient(
            String what, ToDoubleFunction<double[]> loss, float[] at, float[] gradient, double tolerance) {
        assertThat(gradient).as(what).hasSize(at.length);
        double[] point = doubles(at);
        double[] have = doubles(gradient);
        SplittableRandom random = new SplittableRandom(at.length);
        double norm = Math.sqrt(Arrays.stream(have).map(v -> v * v).sum());
        for (int d = 0; d < DIRECTIONS; d++) {
            float[] direction = uniform(at.length, random.nextLong());
            double want = slope(loss, point, direction);
            assertThat(dot(have, direction))
                    .as("%s: slope along direction %d, gradient's norm %s", what, d, norm)
                    .isCloseTo(want, org.assertj.core.data.Offset.offset(tolerance * Math.max(norm, 1e-3)));
        }
        boolean all = at.length <= ALL_UP_TO;
        for (int k = 0; k < (all ? at.length : SAMPLES); k++) {
            int i = all ? k : random.nextInt(at.length);
            float[] direction = new float[at.length];
            direction[i] = 1;
            assertThat(have[i])
                    .as("%s: gradient of element %d", what, i)
                    .isCloseTo(
                            slope(loss, point, direction),
                            org.assertj.core.data.Offset.offset(tolerance * Math.max(largest(have), 1e-3)));
        }
    }

    private static double slope(ToDoubleFunction<double[]> loss, double[] point, float[] direction) {
        return (loss.applyAsDouble(moved(point, direction, EPSILON))
                        - loss.applyAsDouble(moved(point, direction, -EPSILON)))
                / (2 * EPSILON);
    }

    private static double[] moved(double[] point, float[] direction, double by) {
        double[] out = point.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] += by * direction[i];
        }
        return out;
    }
}
