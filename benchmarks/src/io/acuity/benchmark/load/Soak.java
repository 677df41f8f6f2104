package io.acuity.benchmark.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * 0.7 of the capacity for a while. After each part: resident memory, heap in use after a collection, platform threads, open
 * files. Their slopes over the second half (the first warms up) are given with twice their standard error, by least squares.
 */
final class Soak {
    private static final double PART = 15;
    private static final double LOAD = 0.7;
    private static final String[] WHAT = {"resident MB", "heap MB after a collection", "threads", "open files"};

    private Soak() {}

    static void measure(Setting setting, Client client, Target target, double capacity, double seconds, Table table)
            throws InterruptedException, IOException {
        Generator generator = new Generator(client, setting);
        int parts = (int) Math.max(6, seconds / PART);
        List<double[]> samples = new ArrayList<>();
        Map<String, Integer> failures = new TreeMap<>();
        long refused = 0;
        long answered = 0;
        for (int i = 0; i < parts; i++) {
            Generator.Outcome outcome = generator.open(LOAD * capacity, seconds / parts);
            refused += outcome.refused().getTotalCount();
            outcome.failures().forEach((what, times) -> failures.merge(what, times, Integer::sum));
            answered += outcome.answered().getTotalCount();
            target.collect();
            samples.add(new double[] {
                target.residentMegabytes(),
                client.metric("acuity_heap_bytes") / 1e6,
                client.metric("acuity_threads"),
                target.openFiles()
            });
        }
        table.row(LOAD + " x capacity, " + setting.label(), "seconds", seconds, "");
        table.row("", "answered", (double) answered, "");
        table.goal("", "refused", (double) refused, "0", refused == 0);
        int failed = failures.values().stream().mapToInt(Integer::intValue).sum();
        table.goal("", "failed", failed, failed == 0 ? "0" : "0 (" + failures + ")", failed == 0);
        for (int k = 0; k < WHAT.length; k++) {
            int which = k;
            double[] values = samples.stream().mapToDouble(s -> s[which]).toArray();
            double[] slope = slope(values, values.length / 2, seconds / parts / 60);
            String ends = String.format(
                    Locale.ROOT,
                    "%.0f, %.0f, %.0f at first, half, last; slope %.2f +- %.2f a minute",
                    values[0],
                    values[values.length / 2],
                    values[values.length - 1],
                    slope[0],
                    slope[1]);
            table.row("", WHAT[k], values[values.length - 1], ends);
        }
    }

    /** Slope and twice its standard error of values {@code step} apart, from one of them on. */
    private static double[] slope(double[] values, int from, double step) {
        int n = values.length - from;
        double meanX = (n - 1) / 2.0;
        double meanY = 0;
        for (int i = 0; i < n; i++) {
            meanY += values[from + i] / n;
        }
        double xx = 0;
        double xy = 0;
        for (int i = 0; i < n; i++) {
            xx += (i - meanX) * (i - meanX);
            xy += (i - meanX) * (values[from + i] - meanY);
        }
        double slope = xy / xx;
        double rest = 0;
        for (int i = 0; i < n; i++) {
            double off = values[from + i] - meanY - slope * (i - meanX);
            rest += off * off;
        }
        double error = n > 2 ? Math.sqrt(rest / (n - 2) / xx) : Double.NaN;
        return new double[] {slope / step, 2 * error / step};
    }
}
