package io.acuity.cli;

import io.acuity.data.ImageFormat;
import io.acuity.weights.AtomicFile;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pictures of a folder, by the ends of their names, sorted, so that two runs take them in the same order. */
final class PictureFiles {
    private PictureFiles() {}

    /**
     * All of them.
     *
     * @param recursive whether folders below count as well
     * @param except a folder below which nothing counts, such as the one results go to
     * @throws InputException if the folder holds none
     */
    static List<Path> of(Path folder, boolean recursive, @Nullable Path except) throws IOException {
        List<Path> found = new ArrayList<>();
        Path skipped = except == null ? null : except.toAbsolutePath().normalize();
        FileVisitor<Path> visitor = new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path below, BasicFileAttributes attributes) {
                boolean skip = below.toAbsolutePath().normalize().equals(skipped)
                        || (isHidden(below) && !below.equals(folder));
                return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (!attributes.isDirectory() && isPicture(file)) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                // a link to nowhere is listed and fails like any unreadable picture
                if (isPicture(file)) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        };
        Files.walkFileTree(
                folder,
                EnumSet.of(java.nio.file.FileVisitOption.FOLLOW_LINKS),
                recursive ? Integer.MAX_VALUE : 1,
                visitor);
        if (found.isEmpty()) {
            throw new InputException(folder + ": want a folder with pictures, have none in it"
                    + (recursive ? "" : " (folders below count with --recursive)"));
        }
        Collections.sort(found);
        return found;
    }

    /** The name without folder and end: {@code a/b.png} gives {@code b}. */
    static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static boolean isPicture(Path file) {
        return !isHidden(file)
                && !AtomicFile.isTemporary(file)
                && file.getFileName().toString().indexOf('.') > 0
                && ImageFormat.ofName(file.getFileName().toString()).isPresent();
    }

    private static boolean isHidden(Path file) {
        Path name = file.getFileName();
        return name != null
                && name.toString().startsWith(".")
                && !name.toString().equals(".")
                && !name.toString().equals("..");
    }
}
