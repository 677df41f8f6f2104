package io.acuity.train;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/**
 * Says how a run is getting on: on a terminal one line that is rewritten twice a second, elsewhere a line every ten seconds.
 * Speed and waiting are those of the last minute.
 */
final class TrainProgress {
    private static final long SECOND = 1_000_000_000;
    private static final long WINDOW = 60 * SECOND;
    private static final String ERASE = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private final LongSupplier clock;
    private final long total;
    private final Deque<Mark> marks = new ArrayDeque<>();
    private Mark now;
    private boolean lineOpen;

    /** Sums at a moment. */
    private record Mark(long time, long step, long patches, long waited) {}

    /**
     * A report on {@code out}.
     *
     * @param clock nanoseconds
     * @param step completed steps
     * @param total steps of the whole run
     */
    TrainProgress(PrintStream out, boolean terminal, LongSupplier clock, long step, long total) {
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
        this.total = total;
        this.now = new Mark(clock.getAsLong(), step, 0, 0);
        marks.add(now);
    }

    /** On standard error. */
    static TrainProgress standard(long step, long total) {
        return new TrainProgress(System.err, errorIsTerminal(), System::nanoTime, step, total);
    }

    /** Notes a step; {@code loss} is shown, NaN before there is one. */
    void step(long step, int patches, long waitedNanos, double loss, OptionalDouble psnr) {
        now = new Mark(clock.getAsLong(), step, now.patches + patches, now.waited + waitedNanos);
        if (now.time - marks.getLast().time >= (terminal ? SECOND / 2 : 10 * SECOND) || step == total) {
            show(line(loss, psnr));
            marks.add(now);
            while (marks.size() > 2 && now.time - marks.getFirst().time > WINDOW) {
                marks.removeFirst();
            }
        }
    }

    /** Prints a line that stays. */
    void say(String text) {
        out.print((lineOpen ? ERASE : "") + text + "\n");
        out.flush();
        lineOpen = false;
    }

    /** Leaves the last state on the screen. */
    void end() {
        if (lineOpen) {
            out.print("\n");
            out.flush();
            lineOpen = false;
        }
    }

    private void show(String line) {
        if (terminal) {
            out.print(ERASE + line);
            out.flush();
            lineOpen = true;
        } else {
            say(line);
        }
    }

    private String line(double loss, OptionalDouble psnr) {
        Mark from = marks.getFirst();
        double seconds = Math.max(1, now.time - from.time) / 1e9;
        long steps = now.step - from.step;
        String quality = psnr.isPresent() ? String.format(Locale.ROOT, "  %.2f dB", psnr.getAsDouble()) : "";
        String left = steps == 0 ? "" : "  " + duration((total - now.step) * seconds / steps) + " left";
        return String.format(
                Locale.ROOT,
                "step %d/%d  loss %.4f%s  %.1f patches/s  waiting %.1f %%%s",
                now.step,
                total,
                loss,
                quality,
                (now.patches - from.patches) / seconds,
                (now.waited - from.waited) / (seconds * 1e7),
                left);
    }

    static String duration(double seconds) {
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        }
        if (whole < 3600) {
            return whole / 60 + " min " + whole % 60 + " s";
        }
        if (whole < 86400) {
            return whole / 3600 + " h " + whole / 60 % 60 + " min";
        }
        return whole / 86400 + " d " + whole / 3600 % 24 + " h";
    }

    /** Java's console knows only standard input and output; Linux tells what the third one is. Elsewhere: lines. */
    private static boolean errorIsTerminal() {
        if ("dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }
}
