package io.acuity.fuzz;

import com.sun.management.ThreadMXBean;
import io.acuity.tensor.Random;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Changes good and bad files at random and gives them to a parser, which may refuse them in its own words and nothing else: no
 * other exception, at most five seconds, at most 64 MB and four times the file of heap.
 *
 * <pre>{@code
 * ./acuity java io.acuity.fuzz.Fuzz TARGET SECONDS      what fails is written to target/fuzz
 * }</pre>
 *
 * The same seed gives the same files, so a failure comes back. Targets have the form that Jazzer wants.
 */
public final class Fuzz {
    private static final int[] EDGES = {0, 1, 2, 4, 8, 127, 128, 255, 256, 32767, 65535, 1 << 24, Integer.MAX_VALUE, -1
    };
    private static final int LONGEST = 1 << 20;
    private static final long MOST_NANOS = 5_000_000_000L;
    private static final long MOST_BYTES = 64L << 20;

    private final Target target;
    private final List<byte[]> corpus;

    Fuzz(Target target) {
        this.target = target;
        corpus = new ArrayList<>(target.seeds());
    }

    public static void main(String[] arguments) throws IOException {
        Fuzz fuzz = new Fuzz(Target.valueOf(arguments[0].toUpperCase(java.util.Locale.ROOT)));
        long end = System.nanoTime() + (long) (Double.parseDouble(arguments[1]) * 1e9);
        long seed = System.nanoTime();
        long runs = 0;
        for (; System.nanoTime() - end < 0; runs++) {
            fuzz.run(seed, runs);
        }
        System.out.println(runs + " files without a failure");
    }

    /** The seeds themselves. */
    void seeds() throws IOException {
        for (byte[] seed : target.seeds()) {
            check(seed);
        }
    }

    /** The file of one number. */
    void run(long seed, long number) throws IOException {
        check(changed(Random.of(seed, number)));
    }

    private void check(byte[] file) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        Throwable failure = null;
        try {
            target.parse(file);
        } catch (RuntimeException | Error e) {
            failure = target.expected(e) ? null : e;
        }
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        long nanos = System.nanoTime() - start;
        if (failure != null || bytes > MOST_BYTES + 4L * file.length || nanos > MOST_NANOS) {
            Path kept = Path.of("target", "fuzz", target.name() + "-" + Integer.toHexString(Arrays.hashCode(file)));
            Files.createDirectories(kept.getParent());
            Files.write(kept, file);
            throw new AssertionError(
                    "%s, file %s: %s, %d MB, %d ms; begins with %s"
                            .formatted(
                                    target,
                                    kept,
                                    failure == null ? "too much" : failure,
                                    bytes >> 20,
                                    nanos / 1_000_000,
                                    HexFormat.of().formatHex(file, 0, Math.min(32, file.length))),
                    failure);
        }
    }

    /** A file of the corpus with one to eight changes. */
    private byte[] changed(Random random) {
        byte[] file = corpus.get(random.nextInt(corpus.size())).clone();
        for (int i = 1 + random.nextInt(8); i > 0; i--) {
            file = change(file, random);
        }
        return file;
    }

    private byte[] change(byte[] file, Random random) {
        if (file.length == 0) {
            return new byte[] {(byte) random.nextInt(256)};
        }
        // heads decide more than what follows
        int at = random.nextInt(2) == 0 ? random.nextInt(Math.min(file.length, 64)) : random.nextInt(file.length);
        switch (random.nextInt(8)) {
            case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> file[at] = (byte) random.nextInt(256);
            case 2 -> put(file, at, EDGES[random.nextInt(EDGES.length)], random.nextInt(2) == 0, 4);
            case 3 -> put(file, at, EDGES[random.nextInt(EDGES.length)], random.nextInt(2) == 0, 2);
            case 4 -> {
                return Arrays.copyOf(file, at);
            }
            case 5 -> {
                return spliced(file, at, at, file, at, Math.min(file.length, at + 1 + random.nextInt(64)));
            }
            case 6 -> {
                return spliced(file, at, Math.min(file.length, at + 1 + random.nextInt(16)), file, 0, 0);
            }
            default -> {
                byte[] other = corpus.get(random.nextInt(corpus.size()));
                return other.length == 0
                        ? file
                        : spliced(file, at, file.length, other, random.nextInt(other.length), other.length);
            }
        }
        return file;
    }

    private static void put(byte[] file, int at, int value, boolean little, int bytes) {
        for (int i = 0; i < bytes && at + i < file.length; i++) {
            file[at + i] = (byte) (value >> (8 * (little ? i : bytes - 1 - i)));
        }
    }

    /** A file whose bytes from {@code at} to {@code to} are those of another. */
    private static byte[] spliced(byte[] file, int at, int to, byte[] other, int from, int end) {
        int length = Math.min(LONGEST, file.length - (to - at) + end - from);
        byte[] result = new byte[length];
        byte[][] parts = {
            Arrays.copyOfRange(file, 0, at),
            Arrays.copyOfRange(other, from, end),
            Arrays.copyOfRange(file, to, file.length)
        };
        int filled = 0;
        for (byte[] part : parts) {
            int n = Math.min(part.length, length - filled);
            System.arraycopy(part, 0, result, filled, n);
            filled += n;
        }
        return result;
    }

    /** Files of a folder of seeds in the tree; none if there is no such folder. */
    static List<byte[]> files(String folder) {
        Path path = Path.of("src/test/resources/fuzz", folder);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(path)) {
            List<byte[]> files = new ArrayList<>();
            for (Path file : list.sorted().toList()) {
                files.add(Files.readAllBytes(file));
            }
            return files;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
