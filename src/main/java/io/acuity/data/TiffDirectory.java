package io.acuity.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One directory of a TIFF structure, which EXIF blocks are too: entries by tag, each with its value as stored.
 *
 * @param order byte order of the values
 * @param entries by tag, ascending as TIFF wants them
 * @param next offset of the next directory, 0 without one
 */
record TiffDirectory(ByteOrder order, SortedMap<Integer, Entry> entries, long next) {
    static final int ORIENTATION = 274;
    static final int XMP = 700;
    static final int IPTC = 33723;
    static final int EXIF = 34665;
    static final int GPS = 34853;
    static final int ICC = 34675;
    static final int INTEROPERABILITY = 40965;
    static final int MAKER_NOTE = 37500;

    private static final int[] SIZES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

    /**
     * A value.
     *
     * @param type TIFF's number of the type: 1 byte, 2 text, 3 short, 4 long, 5 rational, 7 bytes, ...
     * @param count values of that type
     * @param value the bytes, in the directory's order
     * @param at where the value lies in the block
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Entry(int type, int count, byte[] value, int at) {}

    /** The byte order of a block, or null when it is no TIFF structure. */
    static @Nullable ByteOrder order(byte[] block) {
        if (block.length < 8) {
            return null;
        }
        if (block[0] == 'I' && block[1] == 'I' && block[2] == 42 && block[3] == 0) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        return block[0] == 'M' && block[1] == 'M' && block[2] == 0 && block[3] == 42 ? ByteOrder.BIG_ENDIAN : null;
    }

    /** The first directory of a block; throws when the block is damaged. */
    static TiffDirectory first(byte[] block) {
        ByteOrder order = order(block);
        if (order == null) {
            throw new IllegalArgumentException("want a TIFF structure, have other bytes");
        }
        return at(
                block,
                order,
                Integer.toUnsignedLong(ByteBuffer.wrap(block).order(order).getInt(4)));
    }

    /** The directory at an offset of a block; throws when it does not lie inside. */
    static TiffDirectory at(byte[] block, ByteOrder order, long offset) {
        ByteBuffer buffer = ByteBuffer.wrap(block).order(order);
        int start = inside(block, offset, 2);
        int count = buffer.getShort(start) & 0xFFFF;
        inside(block, start + 2L, 12L * count);
        SortedMap<Integer, Entry> entries = new TreeMap<>();
        long total = 0;
        for (int i = 0; i < count; i++) {
            int at = start + 2 + 12 * i;
            int type = buffer.getShort(at + 2) & 0xFFFF;
            long values = Integer.toUnsignedLong(buffer.getInt(at + 4));
            if (type < 1 || type >= SIZES.length) {
                continue; // a type of a later version: readers are told to skip it
            }
            long bytes = values * SIZES[type];
            int from = bytes <= 4 ? at + 8 : inside(block, Integer.toUnsignedLong(buffer.getInt(at + 8)), bytes);
            total += bytes;
            inside(block, 0, total); // values that overlap would let a small file ask for much memory
            byte[] value = Arrays.copyOfRange(block, from, from + (int) bytes);
            entries.put(buffer.getShort(at) & 0xFFFF, new Entry(type, (int) values, value, from));
        }
        int end = start + 2 + 12 * count;
        long next = end + 4 <= block.length ? Integer.toUnsignedLong(buffer.getInt(end)) : 0;
        return new TiffDirectory(order, entries, next);
    }

    /** The directory a tag points to, or null. */
    @Nullable
    TiffDirectory child(byte[] block, int tag) {
        return entries.containsKey(tag) ? at(block, order, number(tag, 0)) : null;
    }

    /** The first value of a tag as a number without sign, or {@code otherwise}. */
    long number(int tag, long otherwise) {
        return entries.containsKey(tag) ? numbers(tag)[0] : otherwise;
    }

    /** All values of a tag of type byte, short or long, without sign; {0} when there is none. */
    long[] numbers(int tag) {
        Entry entry = entries.get(tag);
        if (entry == null || entry.count == 0) {
            return new long[] {0};
        }
        ByteBuffer buffer = ByteBuffer.wrap(entry.value).order(order);
        long[] numbers = new long[entry.count];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = switch (SIZES[entry.type]) {
                case 1 -> buffer.get() & 0xFF;
                case 2 -> buffer.getShort() & 0xFFFF;
                case 4 -> Integer.toUnsignedLong(buffer.getInt());
                default -> buffer.getLong();
            };
        }
        return numbers;
    }

    /** An entry holding one 32-bit number. */
    static Entry ofInt(ByteOrder order, int value) {
        return new Entry(4, 1, ByteBuffer.allocate(4).order(order).putInt(value).array(), 0);
    }

    /** An entry holding 16-bit numbers. */
    static Entry ofShorts(ByteOrder order, int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(2 * values.length).order(order);
        for (int value : values) {
            buffer.putShort((short) value);
        }
        return new Entry(3, values.length, buffer.array(), 0);
    }

    /** How many bytes {@link #write} makes of these entries. */
    static int size(Map<Integer, Entry> entries) {
        int size = 6 + 12 * entries.size();
        for (Entry entry : entries.values()) {
            size += entry.value.length > 4 ? even(entry.value.length) : 0;
        }
        return size;
    }

    /** The directory as bytes that are to lie at {@code offset} of the block. */
    static byte[] write(ByteOrder order, SortedMap<Integer, Entry> entries, int offset) {
        ByteBuffer out = ByteBuffer.allocate(size(entries)).order(order);
        int values = 6 + 12 * entries.size();
        out.putShort((short) entries.size());
        for (Map.Entry<Integer, Entry> tagged : entries.entrySet()) {
            Entry entry = tagged.getValue();
            out.putShort((short) (int) tagged.getKey())
                    .putShort((short) entry.type)
                    .putInt(entry.count);
            if (entry.value.length > 4) {
                out.putInt(offset + values);
                out.put(values, entry.value);
                values += even(entry.value.length);
            } else {
                out.put(Arrays.copyOf(entry.value, 4));
            }
        }
        return out.array();
    }

    private static int even(int length) {
        return length + (length & 1);
    }

    private static int inside(byte[] block, long offset, long bytes) {
        if (offset < 0 || offset + bytes > block.length) {
            throw new IllegalArgumentException(
                    "a TIFF directory points to byte " + (offset + bytes) + " of " + block.length);
        }
        return (int) offset;
    }
}
