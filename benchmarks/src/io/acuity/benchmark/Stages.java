package io.acuity.benchmark;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Where the time of a step goes: for each of its stages the median and the least time, and the median of the calling thread's
 * own time, which other processes matter less for.
 */
final class Stages {
    private static final int KEPT = 1024;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Map<String, double[]> times = new LinkedHashMap<>();
    private final Map<String, double[]> ownTimes = new LinkedHashMap<>();
    private final Map<String, Integer> counts = new LinkedHashMap<>();
    private long since;
    private long ownSince;

    /** The next stage begins now. */
    void start() {
        since = System.nanoTime();
        ownSince = THREADS.getCurrentThreadCpuTime();
    }

    /** The stage that began at the last call ends now, and the next begins. */
    void end(String stage) {
        long now = System.nanoTime();
        long own = THREADS.getCurrentThreadCpuTime();
        int count = counts.merge(stage, 1, Integer::sum) - 1;
        times.computeIfAbsent(stage, _ -> new double[KEPT])[count % KEPT] = (now - since) / 1e6;
        ownTimes.computeIfAbsent(stage, _ -> new double[KEPT])[count % KEPT] = (own - ownSince) / 1e6;
        since = now;
        ownSince = own;
    }

    /** Forgets what was measured, as after warming up. */
    void clear() {
        times.clear();
        ownTimes.clear();
        counts.clear();
    }

    /** {@code stage=median/least/own ...} in milliseconds. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(" ");
        counts.forEach((stage, count) -> {
            double[] wall = sorted(times, stage, count);
            double[] own = sorted(ownTimes, stage, count);
            int middle = wall.length / 2;
            text.add(String.format(Locale.ROOT, "%s=%.2f/%.2f/%.2f", stage, wall[middle], wall[0], own[middle]));
        });
        return text.toString();
    }

    private static double[] sorted(Map<String, double[]> of, String stage, int count) {
        double[] kept = Arrays.copyOf(of.getOrDefault(stage, new double[1]), Math.min(KEPT, count));
        Arrays.sort(kept);
        return kept;
    }
}
