package io.acuity.train;

import io.acuity.tensor.Random;
import java.util.Arrays;

/**
 * The mean of paired differences and how sure it is: the percentile interval of means over samples drawn with replacement
 * (Efron, "Bootstrap methods: another look at the jackknife", 1979).
 *
 * @param mean of the differences
 * @param low the 2.5th percentile of the means of all samples
 * @param high their 97.5th percentile
 * @param better how many differences are above zero
 * @param count how many there are
 */
record Bootstrap(double mean, double low, double high, int better, int count) {
    private static final double TAIL = 0.025;

    /** The same differences and seed give the same interval. */
    static Bootstrap of(double[] differences, int resamples, long seed) {
        if (differences.length == 0 || resamples < 1) {
            throw new IllegalArgumentException(
                    "bootstrap: want differences and samples, have " + differences.length + " and " + resamples);
        }
        Random random = Random.of(seed, 0);
        double[] means = new double[resamples];
        for (int r = 0; r < resamples; r++) {
            double sum = 0;
            for (int i = 0; i < differences.length; i++) {
                sum += differences[random.nextInt(differences.length)];
            }
            means[r] = sum / differences.length;
        }
        Arrays.sort(means);
        double mean = Arrays.stream(differences).average().orElseThrow();
        int better = (int) Arrays.stream(differences).filter(d -> d > 0).count();
        return new Bootstrap(mean, quantile(means, TAIL), quantile(means, 1 - TAIL), better, differences.length);
    }

    /** Between the two nearest of the sorted values, in a straight line. */
    private static double quantile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
