package io.acuity.cli;

import java.io.PrintStream;

/**
 * How far a long job is: a bar on a terminal, written over; else a line each ten seconds, so that logs stay short. Shows
 * nothing in the first half second, which is all that small jobs take.
 */
final class Progress implements AutoCloseable {
    private static final int WIDTH = 30;
    private static final long BAR_NANOS = 200_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;
    private static final long QUIET_NANOS = 500_000_000L;

    private final PrintStream err;
    private final boolean bar;
    private final boolean silent;
    private final String what;
    private final long start = System.nanoTime();
    private long shown = start;
    private boolean drawn;

    private Progress(Streams streams, String what, boolean silent) {
        this.err = streams.err();
        this.bar = streams.terminal();
        this.what = what;
        this.silent = silent;
    }

    /** Shows nothing when {@code silent}. */
    static Progress of(Streams streams, String what, boolean silent) {
        return new Progress(streams, what, silent);
    }

    /** Says that {@code done} of {@code total} units are done; cheap, so it may be called for each. */
    synchronized void at(long done, long total) {
        long now = System.nanoTime();
        if (silent || now - start < QUIET_NANOS || now - shown < (bar ? BAR_NANOS : LINE_NANOS)) {
            return;
        }
        shown = now;
        double part = total == 0 ? 1 : Math.clamp((double) done / total, 0, 1);
        String left = part > 0.01 ? ", " + time((now - start) / 1e9 * (1 - part) / part) + " left" : "";
        if (bar) {
            int full = (int) (part * WIDTH);
            err.print("\r%s [%s%s] %3d %%%s\u001b[K"
                    .formatted(what, "#".repeat(full), ".".repeat(WIDTH - full), (int) (100 * part), left));
            err.flush();
            drawn = true;
        } else {
            err.println("acuity: %s: %d %%%s".formatted(what, (int) (100 * part), left));
        }
    }

    /** Takes the bar away, so that a line may be written in its place. */
    synchronized void clear() {
        if (drawn) {
            err.print("\r\u001b[K");
            err.flush();
            drawn = false;
        }
    }

    @Override
    public void close() {
        clear();
    }

    /** Seconds as {@code 12 s}, {@code 3 min 20 s} or {@code 2 h 5 min}. */
    static String time(double seconds) {
        long s = Math.round(seconds);
        if (s < 60) {
            return s + " s";
        }
        return s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s / 60 % 60 + " min";
    }
}
