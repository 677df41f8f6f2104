package io.acuity.cli;

import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second run out of the folder results go to. The operating system holds the lock, so one left by a killed run
 * does not count.
 */
final class FolderLock implements AutoCloseable {
    private static final String NAME = ".acuity.lock";

    /** To open and close a file a second time would drop the first lock of the same process, so this is asked before. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private FolderLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Takes the folder, which is made if it is missing.
     *
     * @throws LockedException if another run has it
     * @throws WriteException if nothing can be written there
     */
    static FolderLock take(Path folder) {
        try {
            Files.createDirectories(folder);
            Path file = folder.toRealPath().resolve(NAME);
            if (!HELD.add(file)) {
                throw new LockedException(folder);
            }
            FolderLock lock = null;
            try {
                while (lock == null) {
                    lock = attempt(folder, file);
                }
                return lock;
            } finally {
                if (lock == null) {
                    HELD.remove(file);
                }
            }
        } catch (IOException e) {
            throw WriteException.of(folder, e);
        }
    }

    /** Null when the last owner removed the file between our opening and locking it, so that our lock is of no file. */
    private static @Nullable FolderLock attempt(Path folder, Path file) throws IOException {
        Object before = identity(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean kept = false;
        try {
            if (before == null || !before.equals(identity(file))) {
                return null; // made by this very call, or exchanged meanwhile: which file is open is not known
            }
            if (channel.tryLock() == null) {
                throw new LockedException(folder);
            }
            kept = before.equals(identity(file));
            return kept ? new FolderLock(file, channel) : null;
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    private static @Nullable Object identity(Path file) throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
        channel.close();
        HELD.remove(file);
    }
}
