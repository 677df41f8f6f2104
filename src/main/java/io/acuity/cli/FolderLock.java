package io.acuity.cli;

import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second run out of the folder results go to. The operating system holds the lock, so one left by a killed run
 * does not count.
 */
final class FolderLock implements AutoCloseable {
    private static final String NAME = ".acuity.lock";

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
            Path file = folder.resolve(NAME);
            while (true) {
                FolderLock lock = attempt(folder, file);
                if (lock != null) {
                    return lock;
                }
            }
        } catch (IOException e) {
            throw WriteException.of(folder, e);
        }
    }

    /** Null when the last owner removed the file between our opening and locking it, so that our lock is of no file. */
    private static @Nullable FolderLock attempt(Path folder, Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean kept = false;
        try {
            if (channel.tryLock() == null) {
                throw new LockedException(folder);
            }
            byte[] token = UUID.randomUUID().toString().getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            channel.truncate(0).write(ByteBuffer.wrap(token));
            kept = Arrays.equals(token, Files.readAllBytes(file));
            return kept ? new FolderLock(file, channel) : null;
        } catch (OverlappingFileLockException e) {
            throw new LockedException(folder);
        } catch (NoSuchFileException e) {
            return null;
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
        channel.close();
    }
}
