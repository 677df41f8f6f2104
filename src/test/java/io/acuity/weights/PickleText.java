package io.acuity.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Pickles and PyTorch's two containers, put together byte by byte from the formats' descriptions. */
final class PickleText {
    private static final byte[] MAGIC = {
        (byte) 0x80,
        2,
        (byte) 0x8a,
        10,
        0x6c,
        (byte) 0xfc,
        (byte) 0x9c,
        0x46,
        (byte) 0xf9,
        0x20,
        0x6a,
        (byte) 0xa8,
        0x50,
        0x19,
        '.'
    };

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A pickle of protocol 2. */
    static PickleText start() {
        return new PickleText().bytes(0x80, 2);
    }

    PickleText bytes(int... values) {
        for (int value : values) {
            out.write(value);
        }
        return this;
    }

    /** Operations, and names ended by line feeds, as they are. */
    PickleText text(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PickleText string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return text("X").int4(utf8.length).raw(utf8);
    }

    PickleText number(long value) {
        out.write(0x8a);
        out.write(8);
        return int8(value);
    }

    PickleText int4(int value) {
        return raw(little(4).putInt(value).array());
    }

    PickleText int8(long value) {
        return raw(little(8).putLong(value).array());
    }

    PickleText raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    PickleText numbers(long... values) {
        text("(");
        for (long value : values) {
            number(value);
        }
        return text("t");
    }

    /** A tensor in a storage, as {@code torch.save} writes it. */
    PickleText tensor(String type, String key, long count, long offset, long[] sizes, long[] strides) {
        text("ctorch._utils\n_rebuild_tensor_v2\n((").string("storage").text("ctorch\n" + type + "\n");
        string(key).string("cpu").number(count).text("tQ").number(offset);
        return numbers(sizes).numbers(strides).text("\u0089ccollections\nOrderedDict\n)RtR");
    }

    byte[] stop() {
        return text(".").out.toByteArray();
    }

    byte[] unfinished() {
        return out.toByteArray();
    }

    static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] floats(float... values) {
        PickleText bytes = new PickleText();
        for (float value : values) {
            bytes.int4(Float.floatToRawIntBits(value));
        }
        return bytes.unfinished();
    }

    /** The zip container, by Java's own writer. */
    static byte[] zip(byte[] pickle, Map<String, byte[]> storages) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("m/data.pkl", pickle);
        storages.forEach((key, bytes) -> entries.put("m/data/" + key, bytes));
        return archive(entries, ZipEntry.STORED);
    }

    static byte[] archive(Map<String, byte[]> entries, int method) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(method);
            for (Map.Entry<String, byte[]> content : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(content.getKey());
                if (method == ZipEntry.STORED) {
                    CRC32 crc = new CRC32();
                    crc.update(content.getValue());
                    entry.setSize(content.getValue().length);
                    entry.setCompressedSize(content.getValue().length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(content.getValue());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The older container: magic number, version, machine, object, keys, numbers. */
    static byte[] legacy(byte[] object, Map<String, byte[]> storages, int elementBytes) {
        PickleText file = new PickleText().raw(MAGIC);
        file.raw(start().number(1001).stop());
        file.raw(start().text("}").string("little_endian").bytes(0x88).text("s").stop());
        file.raw(object);
        PickleText keys = start().text("](");
        storages.keySet().forEach(keys::string);
        file.raw(keys.text("e").stop());
        storages.values()
                .forEach(bytes -> file.int8(bytes.length / elementBytes).raw(bytes));
        return file.unfinished();
    }
}
