package io.acuity.benchmark.visit;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Compares the PSNR of two evaluations, {@code acuity evaluate --json}, of the same sets. */
public final class Parity {
    private Parity() {}

    /** {@code FILE FILE DECIBELS}; exit status 1 if a set's PSNR differs by more, or if sets differ. */
    public static void main(String... arguments) {
        if (arguments.length != 3) {
            throw new IllegalArgumentException("parity: want two files and decibels, have " + arguments.length);
        }
        boolean near =
                compare(Path.of(arguments[0]), Path.of(arguments[1]), Double.parseDouble(arguments[2]), System.out);
        System.exit(near ? 0 : 1);
    }

    static boolean compare(Path first, Path second, double most, PrintStream out) {
        List<Map<?, ?>> a = Lines.of(first);
        List<Map<?, ?>> b = Lines.of(second);
        if (a.isEmpty() || a.size() != b.size()) {
            out.printf("want the same sets in both, have %d and %d%n", a.size(), b.size());
            return false;
        }
        boolean near = true;
        for (int i = 0; i < a.size(); i++) {
            if (!Objects.equals(a.get(i).get("set"), b.get(i).get("set"))) {
                out.printf(
                        "want set %s in both, have %s%n",
                        a.get(i).get("set"), b.get(i).get("set"));
                return false;
            }
            double apart = psnr(b.get(i)) - psnr(a.get(i));
            near &= Math.abs(apart) <= most;
            out.printf(
                    Locale.ROOT,
                    "%s: PSNR %.4f and %.4f dB, %+.4f apart, want at most %.4g%n",
                    a.get(i).get("set"),
                    psnr(a.get(i)),
                    psnr(b.get(i)),
                    apart,
                    most);
        }
        return near;
    }

    private static double psnr(Map<?, ?> line) {
        if (line.get("psnr_y") instanceof Number value) {
            return value.doubleValue();
        }
        throw new IllegalArgumentException("parity: want psnr_y, have " + line);
    }
}
