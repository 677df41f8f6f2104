package io.acuity.cli;

import io.acuity.data.ImageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One picture to be made of another.
 *
 * @param input file to read
 * @param output file to write, never the input itself
 */
record Job(Path input, Path output) {
    /** How results are called: the input's name without its end, this suffix, a dot and this end. */
    record Naming(String suffix, String extension) {
        Naming {
            if (suffix.indexOf('/') >= 0 || suffix.indexOf('\0') >= 0) {
                throw new UsageException("--suffix: want a part of a file name, have \"" + suffix + "\"");
            }
        }

        String of(Path input, boolean whole) {
            String name = whole ? input.getFileName().toString() : ImageFolder.stem(input);
            return name + suffix + "." + extension;
        }
    }

    /** One file to one file; {@code output} may be a folder, or null for a result beside the input. */
    static Job ofFile(Path input, @Nullable Path output, Naming naming) throws IOException {
        Path target = output == null
                ? input.resolveSibling(naming.of(input, false))
                : Files.isDirectory(output) ? output.resolve(naming.of(input, false)) : output;
        return checked(input, target);
    }

    /** All pictures of a folder to files at the same place below {@code output}. */
    static List<Job> ofFolder(Path input, @Nullable Path output, Naming naming, boolean recursive) throws IOException {
        if (output == null) {
            throw new UsageException("-o: want a folder for the results of the folder " + input + ", have nothing");
        }
        if (Files.exists(output) && !Files.isDirectory(output)) {
            throw new UsageException(
                    "-o: want a folder for the results of the folder " + input + ", have the file " + output);
        }
        if (Files.exists(output) && Files.isSameFile(input, output)) {
            throw new UsageException("-o: want another folder than the input's, have " + output + " for both");
        }
        List<Path> pictures = pictures(input, recursive, output);
        Map<Path, Integer> taken = new HashMap<>();
        for (Path picture : pictures) {
            taken.merge(target(input, output, picture, naming, false), 1, Integer::sum);
        }
        List<Job> jobs = new ArrayList<>();
        for (Path picture : pictures) {
            Path target = target(input, output, picture, naming, false);
            // a.png and a.jpg both want a_x4.png: they become a.png_x4.png and a.jpg_x4.png
            boolean shared = taken.getOrDefault(target, 0) > 1;
            jobs.add(checked(picture, shared ? target(input, output, picture, naming, true) : target));
        }
        return jobs;
    }

    /** Whether the result is there already and no older than its input. */
    boolean isDone() throws IOException {
        return Files.exists(output)
                && Files.getLastModifiedTime(output).compareTo(Files.getLastModifiedTime(input)) >= 0;
    }

    /** Results of an earlier run below the input folder are no inputs. */
    private static List<Path> pictures(Path input, boolean recursive, Path output) {
        Path results = output.toAbsolutePath().normalize();
        List<Path> pictures = new ArrayList<>();
        for (Path picture : ImageFolder.list(input, recursive)) {
            if (!picture.toAbsolutePath().normalize().startsWith(results)) {
                pictures.add(picture);
            }
        }
        if (pictures.isEmpty()) {
            throw new InputException(input + ": want a folder with pictures, have only results in " + output);
        }
        return pictures;
    }

    private static Path target(Path input, Path output, Path picture, Naming naming, boolean whole) {
        Path below = output.resolve(input.relativize(picture));
        return below.resolveSibling(naming.of(picture, whole));
    }

    private static Job checked(Path input, Path output) throws IOException {
        if (Files.exists(output) && Files.exists(input) && Files.isSameFile(input, output)) {
            throw new UsageException("-o: want another file than the input, have " + output + " for both");
        }
        return new Job(input, output);
    }
}
