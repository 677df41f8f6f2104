package io.acuity;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Third-party test data beside the checkout; tests that need it are skipped, loudly, where it is not. */
public final class TestData {
    /** The folder described by {@code ../shared/data/README.md}. */
    public static final Path ROOT = Path.of("..", "shared", "data");

    private TestData() {}

    /** A file or folder of the data; skips the calling test when it is missing. */
    public static Path of(String path) {
        Path file = ROOT.resolve(path);
        if (!Files.exists(file)) {
            System.err.println(
                    "SKIPPED: test data missing: " + file.toAbsolutePath().normalize());
        }
        assumeTrue(Files.exists(file), () -> "test data missing: " + file);
        return file;
    }

    /** The fields of a tab-separated table without its head. */
    public static List<String[]> table(String path) {
        try (Stream<String> lines = Files.lines(of(path))) {
            return lines.skip(1).map(line -> line.split("\t")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
