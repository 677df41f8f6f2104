package io.acuity.benchmark.load;

import java.util.Arrays;
import java.util.Locale;

/**
 * The most that the service answers, beside the library on the same machine with the same pictures. Rounds of both alternate,
 * so that a machine whose speed drifts does not favour one; medians are compared.
 */
final class Capacity {
    private static final int ROUNDS = 3;
    private static final int CALLERS = 16;

    private Capacity() {}

    /** Pictures a second of the service; rows for the table. */
    static double measure(Setting setting, Generator generator, double seconds, Table table)
            throws InterruptedException {
        double warm = Math.min(4, seconds);
        double[] one = new double[ROUNDS];
        double[] two = new double[ROUNDS];
        double[] served = new double[ROUNDS];
        try (Library library = new Library(setting)) {
            library.rate(2, warm); // compiled by the JVM, memory taken
            generator.closed(CALLERS, warm);
            for (int round = 0; round < ROUNDS; round++) {
                one[round] = library.rate(1, seconds);
                served[round] = generator.closed(CALLERS, seconds).goodput();
                two[round] = library.rate(2, seconds);
            }
        }
        double best = Math.max(median(one), median(two));
        double capacity = median(served);
        table.row(
                setting.label(), "library, pictures/s", best, shown(one) + " of one caller, " + shown(two) + " of two");
        table.row("", "service, pictures/s", capacity, shown(served) + " of " + CALLERS + " callers");
        table.goal("", "service / library", capacity / best, "at least 0.85", capacity / best >= 0.85);
        return capacity;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String shown(double[] values) {
        return Arrays.stream(values)
                .mapToObj(value -> String.format(Locale.ROOT, "%.1f", value))
                .reduce((a, b) -> a + " " + b)
                .orElse("");
    }
}
