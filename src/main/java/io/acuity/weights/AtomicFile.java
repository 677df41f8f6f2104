package io.acuity.weights;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** Writes a file completely or not at all: a reader, and whoever comes after a crash, sees the old file or the new one. */
public final class AtomicFile {
    private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();

    private AtomicFile() {}

    /** Produces the content of a file. */
    @FunctionalInterface
    public interface Body {
        /** Writes everything to {@code out}, which the caller closes. */
        void write(OutputStream out) throws IOException;
    }

    /**
     * Replaces {@code target} by what {@code body} writes, through a temporary file in the same folder, which is synced, then
     * moved. Whatever {@code body} throws leaves the old file and no temporary one.
     *
     * @throws WriteException if the file cannot be written: file and reason
     */
    public static void write(Path target, Body body) {
        write(Disk.REAL, target, body);
    }

    /** As {@link #write(Path, Body)}, on a disk of the caller's. */
    public static void write(Disk disk, Path target, Body body) {
        try {
            Path real = Files.isSymbolicLink(target) ? target.toRealPath() : target.toAbsolutePath();
            if (Files.isDirectory(real)) {
                throw new FileSystemException(target.toString(), null, "it is a folder");
            }
            boolean exists = Files.exists(real);
            if (exists && !Files.isWritable(real)) {
                throw new AccessDeniedException(target.toString());
            }
            if (exists && !Files.isRegularFile(real)) {
                writeThrough(real, body); // a pipe or device: nothing to replace
            } else {
                replace(disk, real, body);
            }
        } catch (IOException e) {
            throw WriteException.of(target, e);
        }
    }

    /** A name for a temporary file or folder, short whatever the target's length: {@code .acuity-<16 hex digits>.tmp}. */
    public static Path temporary(Path folder) {
        // need not be secret, only free: the file is opened as a new one; java.security would cost 20 ms of a start
        String name = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        return folder.resolve(".acuity-" + name + ".tmp");
    }

    /** Whether the last part of a path is a name of {@link #temporary}. */
    public static boolean isTemporary(Path file) {
        return file.getFileName().toString().matches("\\.acuity-[0-9a-f]{16}\\.tmp");
    }

    /** Removes the temporary files of writes under way, for a process that is being stopped; these writes will fail. */
    public static void discardUnfinished() {
        UNFINISHED.forEach(temporary -> removeQuietly(Disk.REAL, temporary));
    }

    private static void replace(Disk disk, Path target, Body body) throws IOException {
        Path folder = target.resolveSibling(".").normalize();
        Path temporary = temporary(folder);
        boolean done = false;
        UNFINISHED.add(temporary);
        try {
            disk.write(temporary, body);
            disk.move(temporary, target);
            done = true;
        } finally {
            if (!done) {
                removeQuietly(disk, temporary);
            }
            UNFINISHED.remove(temporary);
        }
        disk.syncFolder(folder);
    }

    /** The failure that led here is the one to report; a second one while tidying up would hide it. */
    private static void removeQuietly(Disk disk, Path temporary) {
        try {
            disk.delete(temporary);
        } catch (IOException e) {
            if (Files.notExists(temporary)) {
                return; // it could not even be made
            }
            System.getLogger(AtomicFile.class.getName())
                    .log(System.Logger.Level.WARNING, "left behind: {0} ({1})", temporary, e.getMessage());
        }
    }

    private static void writeThrough(Path device, Body body) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(device))) {
            body.write(out);
        }
    }
}
