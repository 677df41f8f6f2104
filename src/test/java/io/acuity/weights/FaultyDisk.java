package io.acuity.weights;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Another disk, until the n-th operation: then it fails once with an error, or the process is "killed" and nothing it tries
 * after that has any effect. Each change of a name, each sync and each chunk of written bytes is one operation.
 */
public final class FaultyDisk implements Disk {
    /** What a killed process would have seen; an Error, so that no handler of the code under test takes it for a failure. */
    public static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    private final Disk disk;
    private final int failAt;
    private final boolean kill;
    private int operations;

    private FaultyDisk(Disk disk, int failAt, boolean kill) {
        this.disk = disk;
        this.failAt = failAt;
        this.kill = kill;
    }

    /** Reports a full disk at operation {@code n}, counted from 0. */
    public static FaultyDisk fullAt(Disk disk, int n) {
        return new FaultyDisk(disk, n, false);
    }

    /** Dies before operation {@code n}, counted from 0. */
    public static FaultyDisk killedAt(Disk disk, int n) {
        return new FaultyDisk(disk, n, true);
    }

    /** Whether the n-th operation was reached. */
    public boolean struck() {
        return operations > failAt;
    }

    private void operation() throws IOException {
        int n = operations++;
        if (kill && n >= failAt) {
            throw new Killed();
        }
        if (n == failAt) {
            throw new IOException("No space left on device");
        }
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        operation();
        disk.createFolder(folder);
    }

    @Override
    public void write(Path file, AtomicFile.Body body) throws IOException {
        operation();
        disk.write(
                file,
                out -> body.write(new FilterOutputStream(out) {
                    @Override
                    public void write(int b) throws IOException {
                        write(new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        operation();
                        out.write(bytes, offset, length);
                        out.flush();
                    }
                }));
        operation();
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        operation();
        disk.move(from, to);
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
        operation();
        disk.syncFolder(folder);
    }

    @Override
    public void delete(Path file) throws IOException {
        operation();
        disk.delete(file);
    }
}
