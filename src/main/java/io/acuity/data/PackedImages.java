package io.acuity.data;

import io.acuity.weights.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Training pictures decoded once: all HR pictures one after the other as RGB bytes, and their LR forms likewise. Kept in a cache
 * file, which is mapped when it was made from the same files with the same settings, and made anew when not.
 */
public final class PackedImages {
    private static final long MAGIC = 0x314b434150554341L; // "ACUPACK1", little-endian
    private static final int HASH = 32;
    private static final int ALIGNMENT = 4096;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** One picture: size in HR pixels and where its rows begin among the HR and the LR bytes. */
    public record Entry(String name, int width, int height, long hrOffset, long lrOffset) {}

    /** What is packed: pictures of these folders, halved first or not, and how their LR forms are made. */
    public record Source(List<Path> folders, boolean halve, int scale, Bicubic.Convention convention) {}

    private final List<Entry> entries;
    private final MemorySegment hr;
    private final MemorySegment lr;
    private final int scale;

    private PackedImages(List<Entry> entries, MemorySegment hr, MemorySegment lr, int scale) {
        this.entries = List.copyOf(entries);
        this.hr = hr;
        this.lr = lr;
        this.scale = scale;
    }

    /**
     * Packs the pictures, or maps the cache that holds them already.
     *
     * @param progress takes one sentence now and then
     */
    public static PackedImages of(Source source, Optional<Path> cache, Consumer<String> progress) {
        List<Path> files = new ArrayList<>();
        for (Path folder : source.folders()) {
            files.addAll(ImageFolder.list(folder, false));
        }
        byte[] key = key(source, files);
        Path file = cache.orElse(null);
        try {
            if (file != null && Files.isRegularFile(file)) {
                Optional<PackedImages> mapped = map(file, key, source.scale());
                if (mapped.isPresent()) {
                    return mapped.get();
                }
                progress.accept(file + " was made from other pictures or settings; it is made anew");
            }
            PackedImages made = decode(source, files, progress);
            if (file != null) {
                AtomicFile.write(file, out -> made.write(out, key));
                return map(file, key, source.scale()).orElse(made);
            }
            return made;
        } catch (IOException e) {
            throw new ImageException(
                    String.valueOf(file), "the cache of training pictures cannot be read: " + e.getMessage());
        }
    }

    public List<Entry> entries() {
        return entries;
    }

    /** RGB bytes of all HR pictures. */
    public MemorySegment hr() {
        return hr;
    }

    /** RGB bytes of all LR pictures. */
    public MemorySegment lr() {
        return lr;
    }

    public int scale() {
        return scale;
    }

    private static PackedImages decode(Source source, List<Path> files, Consumer<String> progress) {
        List<Entry> entries = new ArrayList<>();
        List<byte[]> hrs = new ArrayList<>();
        List<byte[]> lrs = new ArrayList<>();
        long hrAt = 0;
        long lrAt = 0;
        int s = source.scale();
        for (Path file : files) {
            Image image = ImageFile.read(file).rgb().to8();
            if (source.halve()) {
                image = Bicubic.resize(
                        image.modcrop(2), image.width() / 2, image.height() / 2, Bicubic.Convention.MIRRORED_DOUBLE);
            }
            image = image.modcrop(s);
            Image small = Bicubic.resize(image, image.width() / s, image.height() / s, source.convention());
            entries.add(new Entry(file.getFileName().toString(), image.width(), image.height(), hrAt, lrAt));
            hrs.add(image.bytes());
            lrs.add(small.bytes());
            hrAt += image.bytes().length;
            lrAt += small.bytes().length;
            progress.accept("packed %d of %d pictures".formatted(entries.size(), files.size()));
        }
        return new PackedImages(entries, joined(hrs, hrAt), joined(lrs, lrAt), s);
    }

    private static MemorySegment joined(List<byte[]> parts, long length) {
        MemorySegment all = Arena.ofAuto().allocate(Math.max(length, 1));
        long at = 0;
        for (byte[] part : parts) {
            MemorySegment.copy(part, 0, all, ValueLayout.JAVA_BYTE, at, part.length);
            at += part.length;
        }
        return all.asSlice(0, length);
    }

    /** What the pictures and settings are, by names, sizes and times of change. */
    private static byte[] key(Source source, List<Path> files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            String settings = source.halve() + " " + source.scale() + " " + source.convention();
            digest.update(settings.getBytes(StandardCharsets.UTF_8));
            for (Path file : files) {
                String line = file.getFileName() + " " + Files.size(file) + " "
                        + Files.getLastModifiedTime(file).toMillis();
                digest.update(line.getBytes(StandardCharsets.UTF_8));
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        } catch (IOException e) {
            throw new ImageException(String.valueOf(source.folders()), "cannot be read: " + e.getMessage());
        }
    }

    private void write(OutputStream out, byte[] key) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(headerBytes(entries)).order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(MAGIC)
                .put(key)
                .putLong(hr.byteSize())
                .putLong(lr.byteSize())
                .putInt(entries.size());
        for (Entry e : entries) {
            byte[] name = e.name().getBytes(StandardCharsets.UTF_8);
            head.putInt(e.width()).putInt(e.height()).putLong(e.hrOffset()).putLong(e.lrOffset());
            head.putInt(name.length).put(name);
        }
        out.write(head.array());
        copy(hr, out);
        copy(lr, out);
    }

    private static int headerBytes(List<Entry> entries) {
        int bytes = Long.BYTES + HASH + 2 * Long.BYTES + Integer.BYTES;
        for (Entry e : entries) {
            bytes += 3 * Integer.BYTES + 2 * Long.BYTES + e.name().getBytes(StandardCharsets.UTF_8).length;
        }
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private static void copy(MemorySegment from, OutputStream out) throws IOException {
        byte[] block = new byte[1 << 20];
        for (long at = 0; at < from.byteSize(); at += block.length) {
            int length = (int) Math.min(block.length, from.byteSize() - at);
            MemorySegment.copy(from, ValueLayout.JAVA_BYTE, at, block, 0, length);
            out.write(block, 0, length);
        }
    }

    /** Maps a cache file; nothing when it is of other pictures, another version, or cut off. */
    private static Optional<PackedImages> map(Path file, byte[] key, int scale) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            int fixed = Long.BYTES + HASH + 2 * Long.BYTES + Integer.BYTES;
            if (all.byteSize() < fixed || all.get(LONG, 0) != MAGIC) {
                return Optional.empty();
            }
            byte[] made = all.asSlice(Long.BYTES, HASH).toArray(ValueLayout.JAVA_BYTE);
            if (!Arrays.equals(made, key)) {
                return Optional.empty();
            }
            long at = Long.BYTES + HASH;
            long hrBytes = all.get(LONG, at);
            long lrBytes = all.get(LONG, at + Long.BYTES);
            int count = all.get(INT, at + 2 * Long.BYTES);
            at = fixed;
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int width = all.get(INT, at);
                int height = all.get(INT, at + 4);
                long hrOffset = all.get(LONG, at + 8);
                long lrOffset = all.get(LONG, at + 16);
                int length = all.get(INT, at + 24);
                byte[] name = all.asSlice(at + 28, length).toArray(ValueLayout.JAVA_BYTE);
                entries.add(new Entry(new String(name, StandardCharsets.UTF_8), width, height, hrOffset, lrOffset));
                at += 28 + length;
            }
            long start = headerBytes(entries);
            if (all.byteSize() != start + hrBytes + lrBytes) {
                return Optional.empty();
            }
            return Optional.of(new PackedImages(
                    entries, all.asSlice(start, hrBytes), all.asSlice(start + hrBytes, lrBytes), scale));
        }
    }
}
