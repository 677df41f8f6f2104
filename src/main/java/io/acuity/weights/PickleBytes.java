package io.acuity.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** A pickle's bytes from front to back; every length is checked against what is left before anything is made of it. */
final class PickleBytes {
    static final int MAX_STRING = 1 << 20;

    private static final int MAX_LINE = 1 << 10;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final String name;
    private final MemorySegment bytes;
    private long at;

    PickleBytes(String name, MemorySegment bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    /** The place of the next byte. */
    long position() {
        return at;
    }

    int u1() {
        return bytes.get(ValueLayout.JAVA_BYTE, advance(1)) & 0xFF;
    }

    int u2() {
        return u1() | u1() << 8;
    }

    int i4() {
        return bytes.get(INT, advance(Integer.BYTES));
    }

    long i8() {
        return bytes.get(LONG, advance(Long.BYTES));
    }

    double f8() {
        return bytes.get(DOUBLE, advance(Double.BYTES));
    }

    /** A whole number of {@code length} bytes, little endian, two's complement. */
    long wide(int length) {
        if (length > Long.BYTES) {
            throw wrong("a whole number of at most 8 bytes", length + " bytes");
        }
        long value = 0;
        for (int i = 0; i < length; i++) {
            value |= (long) u1() << (8 * i);
        }
        int unused = Long.SIZE - 8 * length;
        return length == 0 ? 0 : value << unused >> unused;
    }

    String utf8(long length) {
        return text(length, StandardCharsets.UTF_8);
    }

    /** Strings of Python 2, one byte a character. */
    String latin1(long length) {
        return text(length, StandardCharsets.ISO_8859_1);
    }

    /** Passes over so many bytes. */
    void skip(long length) {
        length(length);
        at += length;
    }

    /** Up to the end of the line, which is left out. */
    String line() {
        long end = at;
        while (end < bytes.byteSize() && bytes.get(ValueLayout.JAVA_BYTE, end) != '\n') {
            if (++end - at > MAX_LINE) {
                throw wrong("a line of at most " + MAX_LINE + " bytes", "a longer one");
            }
        }
        String line = text(end - at, StandardCharsets.UTF_8);
        advance(1);
        return line;
    }

    private String text(long length, Charset charset) {
        length(length);
        byte[] raw = new byte[(int) length];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, advance(length), raw, 0, raw.length);
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
        } catch (CharacterCodingException e) {
            throw wrong(new IllegalArgumentException("want UTF-8, have " + e.getMessage(), e));
        }
    }

    private void length(long length) {
        long most = Math.min(MAX_STRING, bytes.byteSize() - at);
        if (length < 0 || length > most) {
            throw wrong("a string of at most " + most + " bytes", Long.toUnsignedString(length));
        }
    }

    private long advance(long length) {
        if (length > bytes.byteSize() - at) {
            throw wrong(length + " more bytes", (bytes.byteSize() - at) + " before the end");
        }
        long from = at;
        at += length;
        return from;
    }

    WeightsException wrong(IllegalArgumentException e) {
        return new WeightsException(name + ": pickle at byte " + at + ": " + e.getMessage(), e);
    }

    WeightsException wrong(Object want, Object have) {
        return WeightsException.want(name, "pickle at byte " + at, want, have);
    }
}
