package io.acuity.cli;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.weights.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What a command line did, run inside this process.
 *
 * @param code exit code
 * @param bytes standard output
 * @param err standard error
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Cli(int code, byte[] bytes, String err) {
    static Cli run(Object... arguments) {
        return feed(new byte[0], arguments);
    }

    /** The same with something on standard input. */
    static Cli feed(byte[] in, Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = new Streams(
                new ByteArrayInputStream(in), out, new PrintStream(err, true, StandardCharsets.UTF_8), false);
        String[] words = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
        ExitCode code = Acuity.run(streams, words);
        return new Cli(code.number(), out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    String out() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Standard output as JSON objects, one a line. */
    @SuppressWarnings("unchecked")
    List<Map<String, Object>> objects() {
        return out().lines().map(line -> (Map<String, Object>) Json.parse(line)).toList();
    }

    /** A number of the first object. */
    double number(String key) {
        Object value = Objects.requireNonNull(objects().getFirst().get(key), key);
        return ((Number) value).doubleValue();
    }

    /** A picture of smooth colours with some texture; the same seed gives the same picture. */
    static Path picture(Path file, int width, int height, int seed) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        byte[] samples = new byte[width * height * 3];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++, i++) {
                    double wave = Math.sin((x + seed) * 0.3 + c) * Math.cos(y * 0.2 + seed * c);
                    samples[i] = (byte) (int) (128 + 90 * wave + (x * 31 + y * 17 + seed) % 13);
                }
            }
        }
        ImageFile.write(Image.of(width, height, 3, samples), file);
        return file;
    }

    /** Names of all files below a folder, sorted. */
    static List<String> tree(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }
}
