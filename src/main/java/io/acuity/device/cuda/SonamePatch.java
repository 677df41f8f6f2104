package io.acuity.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Lets a shared library (ELF, 64 bits, little-endian) ask for another major version of a library that it needs.
 *
 * <p>JCuda's libraries are linked with CUDA 12. {@code libcublas.so.12} is named in three places: as a library that is needed, as
 * the file of a version requirement, and as the name, with its hash, of the version that symbols carry. A new name that is no longer
 * is written over the old string, and the hash of the version is replaced; nothing else moves. Format: System V ABI, chapter 5, and
 * the Linux Standard Base's symbol versioning.
 */
final class SonamePatch {
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final long DT_NEEDED = 1;
    private static final long DT_STRTAB = 5;
    private static final long DT_STRSZ = 10;
    private static final long DT_VERNEED = 0x6ffffffeL;
    private static final long DT_VERNEEDNUM = 0x6fffffffL;

    /** A run of the file that is mapped to memory. */
    private record Segment(long address, long offset, long length) {}

    /** One version that symbols carry: where its entry and its name lie. */
    private record Version(int entry, int name) {}

    private final ByteBuffer elf;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Integer> needed = new ArrayList<>();
    private final List<Integer> files = new ArrayList<>();
    private final List<Version> versions = new ArrayList<>();
    private int strings;
    private int stringsLength;

    private SonamePatch(byte[] image) {
        elf = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        try {
            read();
        } catch (IndexOutOfBoundsException | ArithmeticException e) {
            throw new IllegalArgumentException("ELF file: want a whole one, have one that points outside itself", e);
        }
    }

    /**
     * A copy of {@code image} that needs other names.
     *
     * @param renames from a name, such as {@code libcublas.so.12}, to one that is not longer
     * @throws IllegalArgumentException if it is no such file, does not need one of the names, or a name is too long
     */
    static byte[] patch(byte[] image, Map<String, String> renames) {
        byte[] copy = image.clone();
        SonamePatch file = new SonamePatch(copy);
        renames.forEach(file::rename);
        return copy;
    }

    /** Names of the libraries that the file needs. */
    static List<String> needed(byte[] image) {
        SonamePatch file = new SonamePatch(image);
        return file.needed.stream().map(file::string).toList();
    }

    /** Names of the versions that its symbols carry, each with whether its hash is right. */
    static Map<String, Boolean> versions(byte[] image) {
        SonamePatch file = new SonamePatch(image);
        Map<String, Boolean> found = new TreeMap<>();
        for (Version version : file.versions) {
            String name = file.string(version.name());
            found.put(name, file.elf.getInt(version.entry()) == hash(name));
        }
        return found;
    }

    private void read() {
        if (elf.capacity() < 64 || elf.getInt(0) != 0x464c457f || elf.get(4) != 2 || elf.get(5) != 1) {
            throw new IllegalArgumentException("want an ELF file of 64 bits, little-endian, have another");
        }
        int headers = Math.toIntExact(elf.getLong(32));
        int size = elf.getShort(54);
        int count = elf.getShort(56);
        int dynamic = -1;
        int dynamicEnd = -1;
        for (int i = 0; i < count; i++) {
            int header = headers + i * size;
            long offset = elf.getLong(header + 8);
            long length = elf.getLong(header + 32);
            switch (elf.getInt(header)) {
                case PT_LOAD -> segments.add(new Segment(elf.getLong(header + 16), offset, length));
                case PT_DYNAMIC -> {
                    dynamic = Math.toIntExact(offset);
                    dynamicEnd = Math.toIntExact(offset + length);
                }
                default -> {
                    // code and data, which name nothing
                }
            }
        }
        if (dynamic < 0) {
            throw new IllegalArgumentException("want a shared library, have an ELF file without a dynamic section");
        }
        readDynamic(dynamic, dynamicEnd);
    }

    private void readDynamic(int from, int to) {
        int requirements = -1;
        long requirementCount = 0;
        for (int at = from; at < to && elf.getLong(at) != 0; at += 16) {
            long tag = elf.getLong(at);
            long value = elf.getLong(at + 8);
            if (tag == DT_NEEDED) {
                needed.add(Math.toIntExact(value));
            } else if (tag == DT_STRTAB) {
                strings = offset(value);
            } else if (tag == DT_STRSZ) {
                stringsLength = Math.toIntExact(value);
            } else if (tag == DT_VERNEED) {
                requirements = offset(value);
            } else if (tag == DT_VERNEEDNUM) {
                requirementCount = value;
            }
        }
        int at = requirements;
        for (long i = 0; at >= 0 && i < Math.min(requirementCount, elf.capacity() / 16); i++) {
            files.add(elf.getInt(at + 4));
            int version = at + elf.getInt(at + 8);
            for (int j = Short.toUnsignedInt(elf.getShort(at + 2)); j > 0; j--) {
                if (versions.size() > elf.capacity() / 16) {
                    throw new IndexOutOfBoundsException("more versions than there is room for");
                }
                versions.add(new Version(version, elf.getInt(version + 8)));
                version += elf.getInt(version + 12);
            }
            at += elf.getInt(at + 12);
        }
    }

    /** Where in the file an address of the loaded library lies. */
    private int offset(long address) {
        for (Segment s : segments) {
            if (address >= s.address() && address < s.address() + s.length()) {
                return Math.toIntExact(address - s.address() + s.offset());
            }
        }
        throw new IndexOutOfBoundsException("address " + Long.toHexString(address));
    }

    private String string(int at) {
        if (at < 0 || at >= stringsLength) {
            throw new IndexOutOfBoundsException("string " + at);
        }
        int end = strings + at;
        while (elf.get(end) != 0) {
            end++;
        }
        return new String(elf.array(), strings + at, end - strings - at, StandardCharsets.ISO_8859_1);
    }

    private void rename(String from, String to) {
        if (to.length() > from.length()) {
            throw new IllegalArgumentException("soname: want at most " + from.length() + " letters, have " + to);
        }
        if (needed.stream().map(this::string).noneMatch(from::equals)) {
            throw new IllegalArgumentException("soname: want a library that needs " + from + ", have one that needs "
                    + needed.stream().map(this::string).toList());
        }
        // found before any is written: they may share one string
        TreeSet<Integer> names = new TreeSet<>();
        List<Integer> hashes = new ArrayList<>();
        needed.stream().filter(at -> string(at).equals(from)).forEach(names::add);
        files.stream().filter(at -> string(at).equals(from)).forEach(names::add);
        for (Version version : versions) {
            if (string(version.name()).equals(from)) {
                names.add(version.name());
                hashes.add(version.entry());
            }
        }
        byte[] letters = Arrays.copyOf(to.getBytes(StandardCharsets.ISO_8859_1), from.length());
        names.forEach(at -> elf.put(strings + at, letters));
        hashes.forEach(at -> elf.putInt(at, hash(to)));
    }

    /** The hash of a version's name: System V ABI, "Hash Table". */
    static int hash(String name) {
        int h = 0;
        for (byte letter : name.getBytes(StandardCharsets.ISO_8859_1)) {
            h = (h << 4) + (letter & 0xff);
            int high = h & 0xf0000000;
            h = (h ^ high >>> 24) & ~high;
        }
        return h;
    }
}
