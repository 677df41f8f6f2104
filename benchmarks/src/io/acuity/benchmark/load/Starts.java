package io.acuity.benchmark.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The launcher, one small picture, the end: whole processes by the clock. */
final class Starts {
    private static final int TIMES = 20;

    private Starts() {}

    static void measure(Path folder, Table table) throws IOException, InterruptedException {
        Path in = folder.resolve("small.png");
        Path out = folder.resolve("large.png");
        Files.write(in, Setting.picture(48, 48));
        List<String> command = List.of("./acuity", "upscale", "-q", "-i", in.toString(), "-o", out.toString());
        double[] seconds = new double[TIMES];
        for (int i = -2; i < TIMES; i++) { // the first may build the cache of classes
            long start = System.nanoTime();
            Process process = new ProcessBuilder(command).inheritIO().start();
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + " ended with " + process.exitValue());
            }
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
        }
        Arrays.sort(seconds);
        double median = seconds[TIMES / 2];
        String range = String.format(Locale.ROOT, "at most 0.35 (%.2f to %.2f)", seconds[0], seconds[TIMES - 1]);
        table.goal("acuity upscale, 48x48, whole process", "s, median of " + TIMES, median, range, median <= 0.35);
    }
}
