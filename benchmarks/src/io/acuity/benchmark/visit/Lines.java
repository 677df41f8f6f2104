package io.acuity.benchmark.visit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.acuity.weights.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Files of one JSON object a line. */
final class Lines {
    private Lines() {}

    /**
     * The objects of a file, in order; none where there is no file. Lines of anything else, such as a program's own table, are
     * passed over, one that should be an object with a word on standard error, and {@code null} is read as a text.
     */
    static List<Map<?, ?>> of(Path file) {
        if (!Files.exists(file)) {
            return List.of();
        }
        List<Map<?, ?>> objects = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file, UTF_8)) {
                if (line.startsWith("{")) {
                    add(objects, file, line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return objects;
    }

    /** One line that cannot be read, such as one with NaN, must not cost all others. */
    private static void add(List<Map<?, ?>> objects, Path file, String line) {
        try {
            if (Json.parse(line.replaceAll(":\\s*null\\b", ":\"null\"")) instanceof Map<?, ?> object) {
                objects.add(object);
            }
        } catch (IllegalArgumentException e) {
            System.err.println(file + ": passed over, " + e.getMessage() + ": " + line);
        }
    }
}
