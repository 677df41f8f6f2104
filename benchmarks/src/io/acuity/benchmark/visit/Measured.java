package io.acuity.benchmark.visit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A line of {@link io.acuity.benchmark.Report}.
 *
 * @param folder of the visit, {@code jobs}, {@code kernels}, {@code kernels-portable} or {@code rest}
 * @param parameters {@code key=value} with semicolons between
 * @param micros median of one run
 */
record Measured(String folder, String benchmark, String parameters, double micros, double gigaflops, double gigabytes) {
    /** Numbers and names at the end of a line; what stands before them may have commas in quotation marks. */
    private static final int COLUMNS = 6;

    static List<Measured> all(Path visit) {
        List<Measured> all = new ArrayList<>();
        for (String folder : List.of("jobs", "kernels", "kernels-portable", "rest")) {
            Path below = visit.resolve(folder);
            if (Files.isDirectory(below)) {
                try (Stream<Path> files = Files.list(below)) {
                    for (Path file : files.filter(f -> f.toString().endsWith(".csv"))
                            .sorted()
                            .toList()) {
                        Files.readAllLines(file, UTF_8).stream()
                                .skip(1)
                                .map(line -> of(folder, line))
                                .forEach(all::add);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        return all;
    }

    private static Measured of(String folder, String line) {
        String[] columns = line.split(",", -1);
        int first = columns.length - COLUMNS;
        if (first < 0) {
            throw new IllegalArgumentException("figures: want " + COLUMNS + " columns or more, have \"" + line + "\"");
        }
        return new Measured(
                folder,
                columns[first],
                columns[first + 1],
                Double.parseDouble(columns[first + 2]),
                Double.parseDouble(columns[first + 3]),
                Double.parseDouble(columns[first + 4]));
    }

    /** Whether it is of this benchmark, with all of these {@code key=value}. */
    boolean is(String folder, String benchmark, List<String> values) {
        return this.folder.equals(folder)
                && this.benchmark.equals(benchmark)
                && List.of(parameters.split("; ", -1)).containsAll(values);
    }
}
