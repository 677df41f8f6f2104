package io.acuity.serve;

import io.acuity.data.Image;
import io.acuity.data.ImageFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Small files that promise, or hold, far more than they should; each is made here byte by byte. */
public final class Bombs {
    private Bombs() {}

    private static byte[] chunk(String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        return ByteBuffer.allocate(12 + data.length)
                .putInt(data.length)
                .put(name)
                .put(data)
                .putInt((int) crc.getValue())
                .array();
    }

    private static byte[] header(int width, int height) {
        return chunk(
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put(new byte[] {8, 2, 0, 0, 0})
                        .array());
    }

    /** Zeros, many of them, deflated. */
    private static byte[] zeros(long count) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out, new Deflater(9), 65536)) {
            byte[] part = new byte[1 << 20];
            for (long left = count; left > 0; left -= part.length) {
                deflater.write(part, 0, (int) Math.min(left, part.length));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static final byte[] SIGNATURE = {(byte) 137, 'P', 'N', 'G', 13, 10, 26, 10};

    private static byte[] png(int width, int height, long inflated, byte[]... before) {
        return joined(
                SIGNATURE,
                header(width, height),
                joined(before),
                chunk("IDAT", zeros(inflated)),
                chunk("IEND", new byte[0]));
    }

    private static byte[] gif(int frames) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("GIF89a".getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(new byte[] {2, 0, 2, 0, (byte) 0x80, 0, 0, 0, 0, 0, -1, -1, -1});
        for (int i = 0; i < frames; i++) {
            out.writeBytes(new byte[] {0x2C, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, (byte) 0x84, 0x51, 0});
        }
        out.write(0x3B);
        return out.toByteArray();
    }

    /** A TIFF of entries {tag, type, count, value}; the directory's next one is itself. */
    private static byte[] tiff(long[]... entries) {
        ByteBuffer file = ByteBuffer.allocate(64 + 12 * entries.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put("II*\0".getBytes(StandardCharsets.ISO_8859_1)).putInt(8).putShort((short) entries.length);
        for (long[] e : entries) {
            file.putShort((short) e[0])
                    .putShort((short) e[1])
                    .putInt((int) e[2])
                    .putInt((int) e[3]);
        }
        return file.putInt(8).array();
    }

    private static byte[] jpeg(int width, int height) {
        byte[] small = Served.file(Image.black(8, 8, 3, 8), ImageFormat.JPEG);
        for (int i = 2; i < small.length - 9; i++) {
            if (small[i] == (byte) 0xFF && (small[i + 1] == (byte) 0xC0 || small[i + 1] == (byte) 0xC1)) {
                ByteBuffer.wrap(small).putShort(i + 5, (short) height).putShort(i + 7, (short) width);
            }
        }
        return small;
    }

    private static byte[] webp(int width, int height) {
        ByteBuffer file = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        file.put("RIFF".getBytes(StandardCharsets.ISO_8859_1)).putInt(56);
        file.put("WEBPVP8X".getBytes(StandardCharsets.ISO_8859_1)).putInt(10).putInt(0);
        file.put(24, (byte) width).put(25, (byte) (width >> 8)).put(26, (byte) (width >> 16));
        return file.put(27, (byte) height)
                .put(28, (byte) (height >> 8))
                .put(29, (byte) (height >> 16))
                .array();
    }

    private static byte[] bmp(int width, int height) {
        ByteBuffer file = ByteBuffer.allocate(60).order(ByteOrder.LITTLE_ENDIAN);
        file.put("BM".getBytes(StandardCharsets.ISO_8859_1))
                .putInt(60)
                .putInt(0)
                .putInt(54);
        return file.putInt(40)
                .putInt(width)
                .putInt(height)
                .putShort((short) 1)
                .putShort((short) 24)
                .putInt(1) // run lengths: the file's size says nothing
                .array();
    }

    /** Name and bytes of each. */
    public static Map<String, byte[]> all() {
        Map<String, byte[]> bombs = new LinkedHashMap<>();
        bombs.put("32000x32000 of zeros", png(32_000, 32_000, 50_000_000L));
        bombs.put("60000x60000 promised", png(60_000, 60_000, 100));
        bombs.put("2^31-1 x 2^31-1", png(Integer.MAX_VALUE, Integer.MAX_VALUE, 100));
        bombs.put("negative size", png(-5, 10, 100));
        bombs.put("no size", png(0, 10, 100));
        bombs.put("first chunk of 2 GB", joined(SIGNATURE, new byte[] {127, -1, -1, -1, 'I', 'H', 'D', 'R'}));
        bombs.put("GIF of 10000 frames", gif(10_000));
        bombs.put(
                "TIFF of 2^32 strips",
                tiff(
                        new long[] {256, 4, 1, 100},
                        new long[] {257, 4, 1, 100},
                        new long[] {273, 4, 0xFFFFFFFFL, 8},
                        new long[] {279, 4, 0xFFFFFFFFL, 8}));
        bombs.put(
                "TIFF of 2^30 strips",
                tiff(
                        new long[] {256, 4, 1, 100},
                        new long[] {257, 4, 1, 100},
                        new long[] {273, 4, 1 << 30, 8},
                        new long[] {279, 4, 1 << 30, 8}));
        bombs.put(
                "TIFF of 4 gigapixels",
                tiff(
                        new long[] {256, 4, 1, 0xFFFFFFFFL},
                        new long[] {257, 4, 1, 0xFFFFFFFFL},
                        new long[] {273, 4, 1, 8},
                        new long[] {279, 4, 1, 8}));
        bombs.put("TIFF whose directory is nowhere", new byte[] {'I', 'I', 42, 0, -1, -1, -1, 127});
        bombs.put("JPEG of 65535x65535", jpeg(65_535, 65_535));
        bombs.put("WebP of 16 million squared", webp(0xFFFFFF, 0xFFFFFF));
        bombs.put("BMP of 2^31-1 squared", bmp(Integer.MAX_VALUE, Integer.MAX_VALUE));
        return bombs;
    }

    /** Files within the limits by their headers whose further parts are bombs: they fail when they are decoded. */
    public static Map<String, byte[]> within() {
        Map<String, byte[]> bombs = new LinkedHashMap<>();
        byte[] profile = joined(new byte[] {'x', 0, 0}, zeros(40_000_000L));
        bombs.put("colour profile of 40 MB", png(4, 4, 52, chunk("iCCP", profile)));
        byte[] xmp = joined("XML:com.adobe.xmp\0\1\0\0\0".getBytes(StandardCharsets.ISO_8859_1), zeros(40_000_000L));
        bombs.put("XMP of 40 MB", png(4, 4, 52, chunk("iTXt", xmp)));
        bombs.put("chunk of 2 GB", joined(SIGNATURE, header(4, 4), new byte[] {127, -1, -1, -1, 'I', 'D', 'A', 'T'}));
        bombs.put("too little data", png(2000, 2000, 100));
        return bombs;
    }
}
