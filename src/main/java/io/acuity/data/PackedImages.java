package io.acuity.data;

import io.acuity.weights.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.concurrent.atomic.AtomicInteger;
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

    /** A picture and its LR form. */
    private record Pair(String name, Image hr, Image lr) {}

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
                    String.valueOf(file), "the cache of training pictures cannot be read: " + e.getMessage(), e);
        }
    }

    /** The pictures by folder and name. */
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

    /** How many times a side of HR is as long as that of LR. */
    public int scale() {
        return scale;
    }

    private static PackedImages decode(Source source, List<Path> files, Consumer<String> progress) {
        AtomicInteger done = new AtomicInteger();
        List<Pair> pairs = files.parallelStream()
                .map(file -> {
                    Pair pair = pair(source, file);
                    tell(progress, done, files.size());
                    return pair;
                })
                .toList();
        List<Entry> entries = new ArrayList<>();
        long hrAt = 0;
        long lrAt = 0;
        for (Pair pair : pairs) {
            entries.add(new Entry(pair.name, pair.hr.width(), pair.hr.height(), hrAt, lrAt));
            hrAt += pair.hr.bytes().length;
            lrAt += pair.lr.bytes().length;
        }
        MemorySegment hr = joined(pairs.stream().map(p -> p.hr.bytes()).toList(), hrAt);
        MemorySegment lr = joined(pairs.stream().map(p -> p.lr.bytes()).toList(), lrAt);
        return new PackedImages(entries, hr, lr, source.scale());
    }

    /** One sentence at a time, as whoever listens need not expect several threads. */
    private static synchronized void tell(Consumer<String> progress, AtomicInteger done, int count) {
        progress.accept("packed %d of %d pictures".formatted(done.incrementAndGet(), count));
    }

    private static Pair pair(Source source, Path file) {
        Image image = ImageFile.read(file).to8().flatten(0xFFFFFF).rgb();
        int least = source.scale() * (source.halve() ? 2 : 1);
        if (image.width() < least || image.height() < least) {
            throw new ImageException(
                    file.toString(),
                    "want at least %1$dx%1$d pixels to train on, have %2$dx%3$d"
                            .formatted(least, image.width(), image.height()));
        }
        Image wanted = source.halve() ? Bicubic.shrink(image.modcrop(2), 2, Bicubic.Convention.MIRRORED_DOUBLE) : image;
        Image hr = wanted.modcrop(source.scale());
        Path name = file.getFileName();
        return new Pair(String.valueOf(name), hr, Bicubic.shrink(hr, source.scale(), source.convention()));
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

    /** What the pictures and settings are: SHA-256 of the settings and of each file's name and content. */
    private static byte[] key(Source source, List<Path> files) {
        List<byte[]> contents = files.parallelStream()
                .map(file -> sha256(digest -> update(digest, file)))
                .toList();
        return sha256(digest -> {
            String settings = source.halve() + " " + source.scale() + " " + source.convention() + "\n";
            digest.update(settings.getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < files.size(); i++) {
                digest.update((files.get(i).getFileName() + "\n").getBytes(StandardCharsets.UTF_8));
                digest.update(contents.get(i));
            }
        });
    }

    private static void update(MessageDigest digest, Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] part = new byte[1 << 16];
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                digest.update(part, 0, n);
            }
        } catch (IOException e) {
            throw new ImageException(file.toString(), "cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] sha256(Consumer<MessageDigest> content) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            content.accept(digest);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
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
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return Optional.empty(); // damaged; packing again is the cure
        }
    }
}
