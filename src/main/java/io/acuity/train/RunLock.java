package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to write to a run folder, held through the operating system's lock on the file {@code lock}: it ends with the
 * process, however that ends, so a dead run never blocks the next one. The file says who holds it; it stays, since to remove a
 * locked file would let two processes lock two files of one name.
 */
final class RunLock implements AutoCloseable {
    /** To open and close a file a second time would drop the first lock of the same process, so this is asked before. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private RunLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Takes the lock of an existing folder.
     *
     * @throws RunLockedException if it is held
     */
    static RunLock take(Path run) {
        Path file = run.resolve("lock");
        Path folder = run.toAbsolutePath().normalize();
        try {
            folder = run.toRealPath();
            if (!HELD.add(folder)) {
                throw new RunLockedException(run + ": this process already writes to this run folder");
            }
            return open(run, folder, file);
        } catch (IOException e) {
            HELD.remove(folder);
            throw WriteException.of(file, e);
        }
    }

    private static RunLock open(Path run, Path folder, Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new RunLockedException(
                        run + ": another process writes to this run folder (" + owner(channel) + ")");
            }
            ByteBuffer text = UTF_8.encode("process " + ProcessHandle.current().pid() + "\n");
            channel.truncate(0);
            channel.write(text, 0);
            return new RunLock(folder, channel);
        } catch (IOException | RunLockedException e) {
            HELD.remove(folder);
            channel.close();
            throw e;
        }
    }

    private static String owner(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(64);
        int length = channel.read(text, 0);
        return length <= 0
                ? "it does not say which"
                : UTF_8.decode(text.flip()).toString().strip();
    }

    @Override
    public void close() {
        if (!channel.isOpen()) {
            return;
        }
        try (channel) {
            channel.truncate(0);
        } catch (IOException e) {
            throw WriteException.of(folder.resolve("lock"), e);
        } finally {
            HELD.remove(folder);
        }
    }
}
