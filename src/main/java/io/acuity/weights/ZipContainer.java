package io.acuity.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * A zip archive in memory, read strictly: one unbroken central directory at the end, local headers that agree with it, entries
 * that do not overlap, sizes bounded by the file's own, contents checked by their CRC-32. Stored entries are not copied.
 */
final class ZipContainer {
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END64 = 0x06064b50;
    private static final int LOCATOR64 = 0x07064b50;
    private static final int END_BYTES = 22;
    private static final int LOCATOR_BYTES = 20;
    private static final int END64_BYTES = 56;
    private static final int MAX_ENTRIES = 20_000;
    private static final int MAX_NAME = 512;
    private static final int SIZES_BEHIND = 1 << 3;
    private static final int ENCRYPTED = 1;
    private static final long IN_EXTRA = 0xFFFFFFFFL;

    /** Weights hardly shrink; a megabyte of zeros becomes a kilobyte. */
    private static final int MAX_RATIO = 64;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private record Entry(String name, int method, int crc, long packed, long size, long header, long begin) {
        long end() {
            return begin + packed;
        }
    }

    /** Where the central directory lies and how many entries it has. */
    private record Directory(long begin, long end, long entries) {}

    private final String file;
    private final MemorySegment bytes;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private ZipContainer(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /** Reads the directory. */
    static ZipContainer open(String file, MemorySegment bytes) {
        ZipContainer zip = new ZipContainer(file, bytes);
        zip.readDirectory();
        return zip;
    }

    /** Names of all entries in the order of the directory. */
    List<String> names() {
        return List.copyOf(entries.keySet());
    }

    boolean has(String name) {
        return entries.containsKey(name);
    }

    /** Size of an entry once inflated. */
    long size(String name) {
        return entry(name).size();
    }

    /** Content of an entry: a part of the file, or inflated from one. */
    MemorySegment read(String name) {
        Entry entry = entry(name);
        MemorySegment packed = bytes.asSlice(entry.begin(), entry.packed());
        MemorySegment content = entry.method() == 0 ? packed : inflate(entry, packed);
        CRC32 crc = new CRC32();
        for (long at = 0; at < content.byteSize(); at += 1 << 30) {
            crc.update(content.asSlice(at, Math.min(1 << 30, content.byteSize() - at))
                    .asByteBuffer());
        }
        if ((int) crc.getValue() != entry.crc()) {
            throw want(
                    "zip entry " + shown(name), "CRC-32 %08x".formatted(entry.crc()), "%08x".formatted(crc.getValue()));
        }
        return content;
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw want("zip archive", "an entry " + shown(name), "none");
        }
        return entry;
    }

    private MemorySegment inflate(Entry entry, MemorySegment packed) {
        byte[] content = new byte[Math.toIntExact(entry.size())];
        int length = 0;
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(packed.asByteBuffer());
            while (length < content.length) {
                int more = inflater.inflate(content, length, content.length - length);
                if (more == 0) {
                    throw want("zip entry " + shown(entry.name()), content.length + " bytes", length);
                }
                length += more;
            }
            if (inflater.inflate(new byte[1]) > 0) {
                throw want("zip entry " + shown(entry.name()), content.length + " bytes", "more");
            }
        } catch (DataFormatException e) {
            throw new WeightsException(
                    file + ": zip entry " + shown(entry.name()) + ": want deflated bytes, have damaged ones", e);
        } finally {
            inflater.end();
        }
        return MemorySegment.ofArray(content);
    }

    private void readDirectory() {
        Directory directory = directory();
        long at = directory.begin();
        List<Entry> found = new ArrayList<>();
        for (long i = 0; i < directory.entries(); i++) {
            at = readCentral(at, directory, found);
        }
        if (at != directory.end()) {
            throw want("zip directory", directory.end() - directory.begin() + " bytes", at - directory.begin());
        }
        found.sort(Comparator.comparingLong(Entry::header));
        long end = 0;
        for (Entry entry : found) {
            if (entry.header() < end) {
                throw want(
                        "zip entry " + shown(entry.name()), "to begin at byte " + end + " or behind", entry.header());
            }
            end = entry.end();
        }
    }

    /** The end record is searched from the end of the file; a comment may follow it, and newer writers have one of 64 bits before. */
    private Directory directory() {
        long at = bytes.byteSize() - END_BYTES;
        long first = Math.max(0, at - 0xFFFF);
        while (at >= first && !(i4(at) == END && at + END_BYTES + u2(at + 20) == bytes.byteSize())) {
            at--;
        }
        if (at < first) {
            throw want("zip archive", "an end record", "none: the file is cut off or is none");
        }
        if (u2(at + 4) != 0 || u2(at + 6) != 0 || u2(at + 8) != u2(at + 10)) {
            throw want("zip archive", "one volume", "several");
        }
        Directory directory = new Directory(u4(at + 16), u4(at + 16) + u4(at + 12), u2(at + 10));
        long end = at;
        if (at >= LOCATOR_BYTES && i4(at - LOCATOR_BYTES) == LOCATOR64) {
            end = i8(at - LOCATOR_BYTES + 8);
            if (end < 0 || end > at - LOCATOR_BYTES - END64_BYTES || i4(end) != END64) {
                throw want("zip archive", "an end record of 64 bits at byte " + end, "none");
            }
            long begin = i8(end + 48);
            directory = new Directory(begin, begin + i8(end + 40), i8(end + 32));
        }
        if (directory.begin() < 0 || directory.begin() > directory.end() || directory.end() != end) {
            throw want(
                    "zip directory", "to end at byte " + end, "bytes " + directory.begin() + " to " + directory.end());
        }
        if (directory.entries() < 0 || directory.entries() > MAX_ENTRIES) {
            throw want("zip archive", "at most " + MAX_ENTRIES + " entries", directory.entries());
        }
        return directory;
    }

    /** Reads one header of the directory and gives the place of the next. */
    private long readCentral(long at, Directory directory, List<Entry> found) {
        if (at + 46 > directory.end() || i4(at) != CENTRAL) {
            throw want("zip directory", directory.entries() + " entries", found.size());
        }
        int nameLength = u2(at + 28);
        int extraLength = u2(at + 30);
        long next = at + 46 + nameLength + extraLength + u2(at + 32);
        if (next > directory.end()) {
            throw want("zip directory", "entries inside it", "one beyond its end");
        }
        String name = name(at + 46, nameLength);
        int flags = u2(at + 8);
        int method = u2(at + 10);
        long[] wide = {u4(at + 24), u4(at + 20), u4(at + 42)};
        wide(name, at + 46 + nameLength, extraLength, wide);
        if ((flags & ENCRYPTED) != 0 || (method != 0 && method != 8)) {
            throw want("zip entry " + shown(name), "stored or deflated", "encrypted or method " + method);
        }
        Entry entry = local(name, flags, method, i4(at + 16), wide, directory.begin());
        found.add(entry);
        if (entries.put(name, entry) != null) {
            throw want("zip archive", "each name once", shown(name) + " twice");
        }
        return next;
    }

    /** Sizes and place that do not fit 32 bits are in the extra field 1, in this order, only those that are needed. */
    private void wide(String name, long at, int length, long... sizes) {
        long field = at;
        while (field + 4 <= at + length && u2(field) != 1) {
            field += 4 + u2(field + 2);
        }
        long end = field + 4 <= at + length ? Math.min(at + length, field + 4 + u2(field + 2)) : 0;
        long next = field + 4;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == IN_EXTRA) {
                if (next + 8 > end) {
                    throw want("zip entry " + shown(name), "sizes of 64 bits", "none");
                }
                sizes[i] = i8(next);
                next += 8;
            }
        }
    }

    private Entry local(String name, int flags, int method, int crc, long[] wide, long limit) {
        long size = wide[0];
        long packed = wide[1];
        long header = wide[2];
        String what = "zip entry " + shown(name);
        if (header < 0 || header > limit - 30 || i4(header) != LOCAL) {
            throw want(what, "a local header at byte " + header, "none");
        }
        int nameLength = u2(header + 26);
        long begin = header + 30 + nameLength + u2(header + 28);
        if (begin > limit || packed < 0 || packed > limit - begin) {
            throw want(what, "to end before byte " + limit, packed + " bytes from byte " + begin);
        }
        if (size < 0 || (method == 0 && size != packed) || size / MAX_RATIO > packed) {
            throw want(what, "at most " + MAX_RATIO + " times its " + packed + " bytes", Long.toUnsignedString(size));
        }
        boolean same = u2(header + 6) == flags
                && u2(header + 8) == method
                && name(header + 30, nameLength).equals(name);
        boolean behind = (flags & SIZES_BEHIND) != 0;
        if (!same || !agrees(header, crc, packed, size, behind)) {
            throw want(what, "the same in its local header and the directory", "two versions");
        }
        return new Entry(name, method, crc, packed, size, header, begin);
    }

    /** Where sizes follow the data the local header has zeros; where they need 64 bits it points to an extra field. */
    private boolean agrees(long header, int crc, long packed, long size, boolean behind) {
        long localPacked = u4(header + 18);
        long localSize = u4(header + 22);
        if (behind && i4(header + 14) == 0 && localPacked == 0 && localSize == 0) {
            return true;
        }
        return i4(header + 14) == crc
                && (localPacked == packed || localPacked == IN_EXTRA)
                && (localSize == size || localSize == IN_EXTRA);
    }

    private String name(long at, int length) {
        if (length < 1 || length > MAX_NAME || at + length > bytes.byteSize()) {
            throw want("zip archive", "names of 1 to " + MAX_NAME + " bytes", length);
        }
        @Nullable String name = null;
        byte[] raw = bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
        try {
            name = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(raw))
                    .toString();
        } catch (CharacterCodingException _) {
            throw want("zip archive", "names in UTF-8", "one that is not");
        }
        boolean climbs = List.of(name.split("/", -1)).contains("..");
        if (climbs || name.startsWith("/") || name.indexOf('\\') >= 0 || name.indexOf('\0') >= 0) {
            throw want("zip archive", "plain names inside it", shown(name));
        }
        return name;
    }

    private int u2(long at) {
        return bytes.get(SHORT, at) & 0xFFFF;
    }

    private int i4(long at) {
        return bytes.get(INT, at);
    }

    private long u4(long at) {
        return Integer.toUnsignedLong(bytes.get(INT, at));
    }

    private long i8(long at) {
        return bytes.get(LONG, at);
    }

    private static String shown(String name) {
        return WeightsException.shown(name);
    }

    private WeightsException want(String what, Object want, Object have) {
        return WeightsException.want(file, what, want, have);
    }
}
