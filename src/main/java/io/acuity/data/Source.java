package io.acuity.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** The bytes of a picture, in a file or in memory, which can be read from any place more than once. */
interface Source {
    /** What messages call it. */
    String name();

    long size();

    /** A stream from this byte on. */
    InputStream at(long offset) throws IOException;

    /** All bytes. */
    byte[] all() throws IOException;

    /** The first bytes, fewer than {@code most} in a short file. */
    default byte[] start(int most) throws IOException {
        try (InputStream in = at(0)) {
            return in.readNBytes(most);
        }
    }

    /** A file; a missing, unreadable or empty one and a folder are told at once. */
    static Source of(Path path) {
        String name = path.toString();
        try {
            if (Files.isDirectory(path)) {
                throw new ImageException(name, "want a picture, have a folder");
            }
            return named(new InFile(name, path, Files.size(path)));
        } catch (NoSuchFileException e) {
            throw new ImageException(name, "no such file", e);
        } catch (AccessDeniedException e) {
            throw new ImageException(name, "this file may not be read", e);
        } catch (IOException e) {
            throw new ImageException(name, "cannot be read: " + e.getMessage(), e);
        }
    }

    /** Bytes in memory, called {@code name} in messages. */
    static Source of(String name, byte[] bytes) {
        return named(new InMemory(name, bytes));
    }

    private static Source named(Source source) {
        if (source.size() == 0) {
            throw new ImageException(source.name(), "want a picture, have an empty file");
        }
        return source;
    }

    /** A file that is opened for each reading. */
    record InFile(String name, Path path, long size) implements Source {
        @Override
        public InputStream at(long offset) throws IOException {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            channel.position(offset);
            return new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
        }

        @Override
        public byte[] all() throws IOException {
            if (size > Integer.MAX_VALUE - 16) {
                throw new ImageException(name, "want a file below 2 GB, have " + size + " bytes");
            }
            return Files.readAllBytes(path);
        }
    }

    /** Bytes in memory. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record InMemory(String name, byte[] bytes) implements Source {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public InputStream at(long offset) {
            int from = (int) Math.min(offset, bytes.length);
            return new ByteArrayInputStream(bytes, from, bytes.length - from);
        }

        @Override
        public byte[] all() {
            return bytes;
        }

        @Override
        public byte[] start(int most) {
            return Arrays.copyOf(bytes, Math.min(most, bytes.length));
        }
    }
}
