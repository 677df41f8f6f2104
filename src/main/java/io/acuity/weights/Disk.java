package io.acuity.weights;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The five changes to a file system from which durable files are made, and the room for them; tests put one in its place that
 * fails, is killed or loses power at any of them.
 */
public interface Disk {
    /** The file system itself. */
    Disk REAL = new Disk() {};

    /** Makes one folder; its parent exists. */
    default void createFolder(Path folder) throws IOException {
        Files.createDirectory(folder);
    }

    /** Writes a new file and waits until its bytes are on the disk. */
    default void write(Path file, AtomicFile.Body body) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
            body.write(out);
            out.flush();
            channel.force(true);
        }
    }

    /** Gives a file or folder another name at once; a file of that name is replaced, a folder must not be there. */
    default void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Waits until the names in a folder are on the disk. */
    default void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Bytes that can still be written below a folder. */
    default long usable(Path folder) throws IOException {
        return Files.getFileStore(folder).getUsableSpace();
    }

    /** Removes a file or an empty folder, if it is there. */
    default void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }
}
