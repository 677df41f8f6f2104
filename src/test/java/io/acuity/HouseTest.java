package io.acuity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every kernel has its rooms, files are small, and no note to oneself is left lying about. */
class HouseTest {
    private static final Path ROOT = Path.of("").toAbsolutePath();
    private static final int LINES = 500;

    /** Folders of text that the project wrote. */
    private static final List<String> ROOMS = List.of("src", "benchmarks", "kernels", "native", "cmake", "docs");

    private static final Pattern SOURCE = Pattern.compile(".*\\.(java|cu|cuh|cpp|h|cmake|sh|md|yml|html|js|css)");

    /** Unfinished work, and folders of one particular machine. */
    private static final Pattern FORBIDDEN =
            Pattern.compile("\\b(TO" + "DO|FIX" + "ME|X" + "XX|HA" + "CK)\\b|(?<![\\w.])/(home|root|work|Users)/\\w");

    private static List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String room : ROOMS) {
            Path folder = ROOT.resolve(room);
            if (Files.isDirectory(folder)) {
                try (Stream<Path> walk = Files.walk(folder)) {
                    walk.filter(Files::isRegularFile)
                            .filter(f ->
                                    SOURCE.matcher(f.getFileName().toString()).matches())
                            .forEach(files::add);
                }
            }
        }
        assertThat(files).as("files under %s", ROOT).hasSizeGreaterThan(50);
        return files;
    }

    private static List<String> kernels() throws IOException {
        try (Stream<Path> list = Files.list(ROOT.resolve("kernels"))) {
            List<String> stems = list.map(f -> f.getFileName().toString())
                    .filter(name -> name.endsWith(".cu"))
                    .map(name -> name.substring(0, name.length() - 3))
                    .sorted()
                    .toList();
            assertThat(stems).isNotEmpty();
            return stems;
        }
    }

    /** {@code leaky_relu} to {@code LeakyRelu}. */
    private static String camelCase(String stem) {
        return Arrays.stream(stem.split("_"))
                .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                .collect(Collectors.joining());
    }

    private static boolean exists(String pattern, String room, String stem) {
        return Files.isRegularFile(ROOT.resolve(pattern.formatted(room, camelCase(stem))));
    }

    private static List<String> without(String pattern) throws IOException {
        return kernels().stream()
                .filter(stem -> !exists(pattern, "op", stem) && !exists(pattern, "optim", stem))
                .toList();
    }

    @Test
    void everyKernelHasAnOp() throws IOException {
        assertThat(without("src/main/java/io/acuity/%s/%s.java")).isEmpty();
    }

    @Test
    void everyKernelHasATest() throws IOException {
        assertThat(without("src/test/java/io/acuity/%s/%sTest.java")).isEmpty();
    }

    @Test
    void everyKernelHasABenchmark() throws IOException {
        assertThat(kernels().stream()
                        .filter(stem -> !exists("benchmarks/src/io/acuity/%s/%sBenchmark.java", "benchmark", stem)))
                .isEmpty();
    }

    @Test
    void filesAreSmall() throws IOException {
        List<String> large = new ArrayList<>();
        for (Path file : files()) {
            if (!file.toString().endsWith(".md")) {
                long lines = Files.readString(file).lines().count();
                if (lines > LINES) {
                    large.add(ROOT.relativize(file) + ": " + lines + " lines");
                }
            }
        }
        assertThat(large).isEmpty();
    }

    @Test
    void nothingIsLeftUnfinished() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : files()) {
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                number++;
                if (FORBIDDEN.matcher(line).find()) {
                    found.add(ROOT.relativize(file) + ":" + number + ": " + line.strip());
                }
            }
        }
        assertThat(found).isEmpty();
    }
}
