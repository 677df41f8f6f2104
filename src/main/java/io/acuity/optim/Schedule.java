package io.acuity.optim;

import java.util.List;

/** Learning rate as a function of the step, counted from 0. */
@FunctionalInterface
public interface Schedule {
    /** The rate of the step after {@code step} completed ones. */
    double rate(long step);

    /** The same rate for ever. */
    static Schedule constant(double rate) {
        return _ -> rate;
    }

    /** The rate times {@code gamma} for each milestone reached. */
    static Schedule steps(double rate, List<Long> milestones, double gamma) {
        List<Long> sorted = milestones.stream().sorted().toList();
        return step -> {
            double now = rate;
            for (long milestone : sorted) {
                if (step >= milestone) {
                    now *= gamma;
                }
            }
            return now;
        };
    }

    /** Half a cosine from {@code rate} to {@code minimum} over {@code period} steps, then at the minimum. */
    static Schedule cosine(double rate, double minimum, long period) {
        if (period < 1) {
            throw new IllegalArgumentException("cosine period: want at least 1, have " + period);
        }
        return step -> {
            double t = Math.min(step, period) / (double) period;
            return minimum + 0.5 * (rate - minimum) * (1 + Math.cos(Math.PI * t));
        };
    }

    /** Cosines of {@code periods} steps one after the other, each from {@code rate} down to {@code minimum}; then the minimum. */
    static Schedule cycles(double rate, double minimum, List<Long> periods) {
        List<Long> lengths = List.copyOf(periods);
        return step -> {
            long start = 0;
            for (long length : lengths) {
                if (step < start + length) {
                    return cosine(rate, minimum, length).rate(step - start);
                }
                start += length;
            }
            return minimum;
        };
    }

    /** Rises in a straight line to this schedule over the first {@code steps} steps. */
    default Schedule warmUp(long steps) {
        return step -> step < steps ? rate(step) * (step + 1) / steps : rate(step);
    }
}
