package io.acuity.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The pictures of a folder, by name. */
public final class ImageFolder {
    private ImageFolder() {}

    /**
     * Files whose names end as those of pictures do, sorted; hidden ones are left out. The folder, and what is in it, may be links.
     *
     * @param recursive whether to look into the folders within, too
     * @throws ImageException if there is no such folder, or no picture in it
     */
    public static List<Path> list(Path folder, boolean recursive) {
        if (!Files.isDirectory(folder)) {
            throw new ImageException(
                    folder.toString(), Files.exists(folder) ? "want a folder, have a file" : "there is no such folder");
        }
        // links are followed: data sets are often linked to from where they are used
        try (Stream<Path> inside =
                Files.walk(folder, recursive ? Integer.MAX_VALUE : 1, FileVisitOption.FOLLOW_LINKS)) {
            List<Path> pictures = inside.filter(ImageFolder::isPicture).sorted().toList();
            if (pictures.isEmpty()) {
                throw new ImageException(folder.toString(), "want a folder with pictures, have one without");
            }
            return pictures;
        } catch (IOException | UncheckedIOException e) {
            throw new ImageException(folder.toString(), "the folder cannot be read: " + e.getMessage(), e);
        }
    }

    /** A file's name without folder and ending. */
    public static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static boolean isPicture(Path file) {
        Path last = file.getFileName(); // none for the root of the file system
        String name = last == null ? "" : last.toString();
        return name.lastIndexOf('.') > 0
                && !name.startsWith(".")
                && ImageFormat.ofName(name).isPresent()
                && Files.isRegularFile(file);
    }
}
