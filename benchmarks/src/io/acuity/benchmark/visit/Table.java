package io.acuity.benchmark.visit;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Prints what a visit to a GPU measured: the ceilings, each goal with our time, PyTorch's and the floor, then every microbenchmark and
 * kernel. What is missing is said where it would stand.
 */
public final class Table {
    private final Ceilings ceilings;
    private final List<Measured> measured;
    private final List<Map<?, ?>> peers;
    private final List<Map<?, ?>> micro;

    private Table(Path visit) {
        ceilings = Ceilings.of(visit.resolve("micro.jsonl"));
        measured = Measured.all(visit);
        peers = Lines.of(visit.resolve("peer.jsonl"));
        micro = Lines.of(visit.resolve("micro.jsonl"));
    }

    /** {@code FOLDER}, that of a visit. */
    public static void main(String... arguments) {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("table: want one folder, have " + arguments.length + " arguments");
        }
        print(Path.of(arguments[0]), System.out);
    }

    static void print(Path visit, PrintStream out) {
        Table table = new Table(visit);
        table.goals(out);
        table.micro(out);
        table.kernels(out);
    }

    private void goals(PrintStream out) {
        out.printf(
                Locale.ROOT,
                "ceilings of this visit: copy %s, tensor cores in bf16 %s%n%n",
                ceilings.bytes() > 0 ? String.format(Locale.ROOT, "%.0f GB/s", ceilings.bytes() / 1e9) : "not measured",
                ceilings.flops() > 0
                        ? String.format(Locale.ROOT, "%.0f TFLOP/s", ceilings.flops() / 1e12)
                        : "not measured");
        String line = "%-42s %14s %14s %12s %6s %12s %6s  %s%n";
        out.printf(line, "goals, in bf16", "ours", "PyTorch", "ratio", "want", "x floor", "want", "PyTorch is");
        for (Goal goal : Goal.ALL) {
            Optional<Measured> ours = measured.stream()
                    .filter(m -> m.is(goal.folder(), goal.benchmark(), goal.values()))
                    .reduce((_, last) -> last);
            Optional<Peer> theirs = Peer.best(peers, goal.figures(), goal.peerValues());
            OptionalDouble floor = goal.floorMicros(ceilings);
            out.printf(
                    line,
                    goal.name(),
                    ours.map(m -> micros(m.micros())).orElse("not measured"),
                    theirs.map(p -> micros(p.micros())).orElse("not measured"),
                    ours.isPresent() && theirs.isPresent()
                            ? against(
                                    theirs.get().micros() / ours.get().micros(),
                                    goal.ratio(),
                                    theirs.get().micros() / ours.get().micros() >= goal.ratio())
                            : "no ratio",
                    want(">=", goal.ratio()),
                    ours.isPresent() && floor.isPresent()
                            ? against(
                                    ours.get().micros() / floor.getAsDouble(),
                                    goal.floors(),
                                    ours.get().micros() / floor.getAsDouble() <= goal.floors())
                            : floor.isPresent() ? "no figure" : "no ceiling",
                    want("<=", goal.floors()),
                    theirs.map(Peer::how).orElse("-"));
        }
    }

    private static String micros(double value) {
        return String.format(Locale.ROOT, "%.1f us", value);
    }

    private static String want(String sign, double value) {
        return value > 0
                ? sign + (value == Math.rint(value) ? String.valueOf(Math.round(value)) : String.valueOf(value))
                : "-";
    }

    private static String against(double value, double goal, boolean reached) {
        return String.format(Locale.ROOT, "%.2f%s", value, goal > 0 ? reached ? " yes" : " no" : "");
    }

    private void micro(PrintStream out) {
        out.printf("%nmicrobenchmarks%s%n", micro.isEmpty() ? ": not measured" : "");
        for (Map<?, ?> line : micro) {
            out.printf(Locale.ROOT, "%-44s %12s %s%n", line.get("figure"), line.get("value"), line.get("unit"));
        }
    }

    private void kernels(PrintStream out) {
        out.printf("%nfigures%s%n", measured.isEmpty() ? ": not measured" : "");
        for (Measured m : measured) {
            OptionalDouble floor =
                    ceilings.floorMicros(m.gigaflops() * m.micros() * 1e3, m.gigabytes() * m.micros() * 1e3);
            out.printf(
                    Locale.ROOT,
                    "%-17s %-20s %-62s %14s %9.3f TFLOP/s %9.1f GB/s  %s%n",
                    m.folder(),
                    m.benchmark(),
                    m.parameters(),
                    micros(m.micros()),
                    m.gigaflops() / 1e3,
                    m.gigabytes(),
                    floor.isPresent()
                            ? String.format(
                                    Locale.ROOT, "%5.1f %% of the floor", 100 * floor.getAsDouble() / m.micros())
                            : "no ceiling measured");
        }
    }
}
