package io.acuity.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;

/** Pictures and files for tests, made by other means than those under test. */
final class Fixtures {
    private Fixtures() {}

    /** A smooth picture with some texture, different in each channel. */
    static Image scene(int width, int height, int channels, int bitDepth) {
        Image image = Image.black(width, height, channels, bitDepth);
        int peak = image.peak();
        for (int y = 0, at = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < channels; c++, at++) {
                    double wave = 0.5 + 0.3 * Math.sin((x + 3 * c) / 9.0) + 0.2 * Math.cos((y * (c + 1)) / 7.0);
                    int value = (int) Math.round(peak * Math.clamp(wave, 0, 1));
                    if (bitDepth == 8) {
                        image.bytes()[at] = (byte) value;
                    } else {
                        image.shorts()[at] = (short) value;
                    }
                }
            }
        }
        return image;
    }

    static byte[] encode(Image image, ImageFormat format, WriteOptions options) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageFile.write(image, out, "test", format, options);
        return out.toByteArray();
    }

    static byte[] encode(Image image, ImageFormat format) {
        return encode(image, format, WriteOptions.DEFAULT);
    }

    static Image decode(byte[] file) {
        return ImageFile.read(file, "test", Limits.DEFAULT);
    }

    /** What the JDK makes of a file. */
    static BufferedImage byJdk(byte[] file) {
        try {
            return ImageIO.read(new ByteArrayInputStream(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] byJdk(BufferedImage image, String format) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            if (!ImageIO.write(image, format, out)) {
                throw new IllegalArgumentException("the JDK writes no " + format);
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A PNG file from rows as they are stored, each with its filter byte, after the given chunks. */
    static byte[] png(
            int width, int height, int depth, int colourType, boolean interlaced, byte[] rows, byte[]... chunks) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        out.writeBytes(chunk(
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put((byte) depth)
                        .put((byte) colourType)
                        .put((byte) 0)
                        .put((byte) 0)
                        .put((byte) (interlaced ? 1 : 0))
                        .array()));
        for (byte[] chunk : chunks) {
            out.writeBytes(chunk);
        }
        byte[] packed = deflate(rows);
        int half = packed.length / 2; // two chunks, as large pictures have
        out.writeBytes(chunk("IDAT", Arrays.copyOf(packed, half)));
        out.writeBytes(chunk("IDAT", Arrays.copyOfRange(packed, half, packed.length)));
        out.writeBytes(chunk("IEND", new byte[0]));
        return out.toByteArray();
    }

    static byte[] chunk(String type, byte[] data) {
        byte[] name = type.getBytes(ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        return ByteBuffer.allocate(data.length + 12)
                .putInt(data.length)
                .put(name)
                .put(data)
                .putInt((int) crc.getValue())
                .array();
    }

    static byte[] deflate(byte[] data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream to = new DeflaterOutputStream(out, new Deflater(9))) {
            to.write(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** An EXIF block, big or little endian, with orientation, maker, a date in its second directory, and a place. */
    static byte[] exif(int orientation, boolean little) {
        ByteOrder order = little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        ByteBuffer block = ByteBuffer.allocate(200).order(order);
        block.put((little ? "II" : "MM").getBytes(ISO_8859_1));
        block.putShort((short) 42).putInt(8).putShort((short) 4);
        block.putShort((short) 271).putShort((short) 2).putInt(6).putInt(70);
        block.putShort((short) 274)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) orientation)
                .putShort((short) 0);
        block.putShort((short) 0x8769).putShort((short) 4).putInt(1).putInt(80);
        block.putShort((short) 0x8825).putShort((short) 4).putInt(1).putInt(130);
        block.putInt(0);
        block.put(70, "Maker\0".getBytes(ISO_8859_1));
        block.position(80);
        block.putShort((short) 1)
                .putShort((short) 0x9003)
                .putShort((short) 2)
                .putInt(20)
                .putInt(104)
                .putInt(0);
        block.put(104, "2024:05:06 07:08:09\0".getBytes(ISO_8859_1));
        block.position(130);
        block.putShort((short) 1)
                .putShort((short) 1)
                .putShort((short) 2)
                .putInt(2)
                .put((byte) 'N')
                .put((byte) 0);
        return block.array();
    }

    /** Bytes without meaning. */
    static byte[] noise(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
