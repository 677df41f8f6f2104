package io.acuity.benchmark.load;

/** Three times what the service can do: how much it still does, how fast it refuses the rest, what memory it takes. */
final class Overload {
    private static final double FACTOR = 3;

    private Overload() {}

    static void measure(
            Setting setting, Generator generator, Target target, double capacity, double seconds, Table table)
            throws InterruptedException {
        double before = target.residentMegabytes();
        Generator.Outcome outcome;
        double most;
        try (Watch watch = new Watch(target)) {
            outcome = generator.open(FACTOR * capacity, seconds);
            most = watch.most();
        }
        double goodput = outcome.goodput() / capacity;
        double refusals = Generator.Outcome.millis(outcome.refused(), 99);
        long refused = outcome.refused().getTotalCount();
        table.goal("3 x capacity, " + setting.label(), "goodput / capacity", goodput, "at least 0.9", goodput >= 0.9);
        table.row("", "answered", (double) outcome.answered().getTotalCount(), "");
        table.goal("", "refused", (double) refused, "some", refused > 0);
        table.row("", "refusals, median ms", Generator.Outcome.millis(outcome.refused(), 50), "");
        table.goal("", "refusals, p99 ms", refusals, "at most 20", refused > 0 && refusals <= 20);
        table.goal("", "failed", outcome.failed(), "0", outcome.failed() == 0);
        table.row("", "answers, p99 ms", Generator.Outcome.millis(outcome.answered(), 99), "");
        table.row("", "memory, MB: most", most, String.format(java.util.Locale.ROOT, "%.0f before", before));
        table.curve("refusals, 3 x capacity, " + setting.label(), outcome.refused());
        table.curve("answers, 3 x capacity, " + setting.label(), outcome.answered());
    }
}
