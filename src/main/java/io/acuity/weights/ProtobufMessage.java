package io.acuity.weights;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A message in Protocol Buffers' wire format, as far as ONNX needs it: fields in the order they are added, each a key (number and
 * kind) and a value. Large values are kept where they are until the message is written.
 */
final class ProtobufMessage {
    private static final int VARINT = 0;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;
    private static final int CHUNK = 1 << 16;

    private final List<MemorySegment> parts = new ArrayList<>();
    private long size;

    /** How many bytes it takes. */
    long size() {
        return size;
    }

    ProtobufMessage number(int field, long value) {
        varint(((long) field << 3) | VARINT);
        varint(value);
        return this;
    }

    ProtobufMessage real(int field, float value) {
        varint(((long) field << 3) | FIXED32);
        int bits = Float.floatToRawIntBits(value);
        add(new byte[] {(byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)});
        return this;
    }

    ProtobufMessage text(int field, String value) {
        return bytes(field, MemorySegment.ofArray(value.getBytes(StandardCharsets.UTF_8)));
    }

    ProtobufMessage bytes(int field, MemorySegment value) {
        varint(((long) field << 3) | LENGTH);
        varint(value.byteSize());
        parts.add(value);
        size += value.byteSize();
        return this;
    }

    ProtobufMessage message(int field, ProtobufMessage value) {
        varint(((long) field << 3) | LENGTH);
        varint(value.size);
        parts.addAll(value.parts);
        size += value.size;
        return this;
    }

    /** Seven bits a byte, the lowest first; the top bit says that more follow. Negative numbers take ten bytes. */
    private void varint(long value) {
        byte[] bytes = new byte[10];
        int length = 0;
        long rest = value;
        do {
            long more = rest >>> 7 == 0 ? 0 : 0x80;
            bytes[length++] = (byte) ((rest & 0x7F) | more);
            rest >>>= 7;
        } while (rest != 0);
        add(Arrays.copyOf(bytes, length));
    }

    private void add(byte[] bytes) {
        parts.add(MemorySegment.ofArray(bytes));
        size += bytes.length;
    }

    void write(OutputStream out) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (MemorySegment part : parts) {
            for (long at = 0; at < part.byteSize(); at += chunk.length) {
                int length = (int) Math.min(chunk.length, part.byteSize() - at);
                MemorySegment.copy(part, ValueLayout.JAVA_BYTE, at, chunk, 0, length);
                out.write(chunk, 0, length);
            }
        }
    }
}
