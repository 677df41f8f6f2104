package io.acuity.op;

import java.util.Arrays;
import java.util.List;

/**
 * The transfer function of a filter: {@code constant + first A + second B}, where A and B are separable low-passes, real and
 * even, so that a real image stays real. Images count as periodic.
 *
 * @param constant what all frequencies get
 * @param first factor of the low-pass {@code a}
 * @param second factor of the low-pass {@code b}
 */
public record Response(double constant, double first, LowPass a, double second, LowPass b) {
    /** A product of a response down the rows and one along the columns. */
    public record LowPass(Axis down, Axis across) {
        /** Gaussians of standard deviations in pixels, not cut off anywhere. */
        public static LowPass gaussian(double sigmaY, double sigmaX) {
            return new LowPass(new Axis.Gauss(sigmaY), new Axis.Gauss(sigmaX));
        }
    }

    /** A response along one axis at a frequency in cycles per pixel, -1/2 to 1/2. */
    public sealed interface Axis {
        double at(double frequency);

        /** exp(-2 pi² sigma² f²), the transform of a Gaussian of standard deviation sigma. */
        record Gauss(double sigma) implements Axis {
            public Gauss {
                if (!(sigma >= 0) || Double.isInfinite(sigma)) {
                    throw new IllegalArgumentException("response sigma: want 0 or more, have " + sigma);
                }
            }

            @Override
            public double at(double frequency) {
                double angle = Math.PI * sigma * frequency;
                return Math.exp(-2 * angle * angle);
            }
        }

        /** The transform of symmetric taps: the centre, then the pairs at distance 1, 2, ... */
        record Taps(List<Double> weights) implements Axis {
            public Taps {
                weights = List.copyOf(weights);
            }

            @Override
            public double at(double frequency) {
                double sum = weights.getFirst();
                for (int i = 1; i < weights.size(); i++) {
                    sum += 2 * weights.get(i) * Math.cos(2 * Math.PI * i * frequency);
                }
                return sum;
            }
        }
    }

    private static final LowPass NONE = LowPass.gaussian(0, 0);

    /** exp(-2 pi² (sigmaY² fy² + sigmaX² fx²)). */
    public static Response lowPass(double sigmaY, double sigmaX) {
        return new Response(0, 1, LowPass.gaussian(sigmaY, sigmaX), 0, NONE);
    }

    /** 1 + (factor - 1) (1 - H), H the Gaussian low-pass: high frequencies are multiplied by the factor. */
    public static Response highBoost(double factor, double sigmaY, double sigmaX) {
        return new Response(factor, 1 - factor, LowPass.gaussian(sigmaY, sigmaX), 0, NONE);
    }

    /**
     * One band of frequencies is multiplied by up to the factor: 1 + (factor - 1) (H' - H) / 0.4725, H the Gaussian low-pass of
     * the given deviations and H' that of half of them, whose difference is at most 0.4725.
     */
    public static Response band(double factor, double sigmaY, double sigmaX) {
        // at x = exp(-2 pi² sigma² f²), the difference x^(1/4) - x is largest where x = 4^(-4/3)
        double peak = 0.75 * Math.pow(4, -1 / 3.0);
        double gain = (factor - 1) / peak;
        return new Response(1, gain, LowPass.gaussian(sigmaY / 2, sigmaX / 2), -gain, LowPass.gaussian(sigmaY, sigmaX));
    }

    /** {@link DirectBank.Filter.Blur} on a periodic image. */
    public static Response blur(Gaussian gaussian) {
        return new Response(0, 1, new LowPass(taps(gaussian.weightsY()), taps(gaussian.weightsX())), 0, NONE);
    }

    /** {@link DirectBank.Filter.Sharpen} on a periodic image: S is 4/13 of the centre and 1/13 of a sum of 3 x 3. */
    public static Response sharpen(double factor) {
        Axis three = new Axis.Taps(List.of(1.0, 1.0));
        double detail = factor - 1;
        return new Response(1 + detail * 9 / 13, -detail / 13, new LowPass(three, three), 0, NONE);
    }

    private static Axis taps(double[] weights) {
        return new Axis.Taps(Arrays.stream(weights).boxed().toList());
    }
}
