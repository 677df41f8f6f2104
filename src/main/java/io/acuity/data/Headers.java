package io.acuity.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Sizes and depths of JPEG, TIFF, BMP, GIF and WebP files, read without decoding; also finds files that are cut off. */
final class Headers {
    private Headers() {}

    static ImageHeader read(Source source, ImageFormat format) throws IOException {
        return switch (format) {
            case PNG -> PngInfo.header(source, Limits.DEFAULT).header();
            case JPEG -> JpegSegments.header(source);
            case TIFF -> tiff(source);
            case BMP -> bmp(source);
            case GIF -> gif(source);
            case WEBP -> webp(source);
        };
    }

    /** What the bytes of an unknown file look like. */
    static String guess(Source source) throws IOException {
        byte[] start = source.start(512);
        for (byte b : start) {
            if (b >= 0 && b < ' ' && b != '\n' && b != '\r' && b != '\t' && b != '\f') {
                return "a file of another kind";
            }
        }
        return "what looks like text";
    }

    static ImageException damaged(Source source, ImageFormat format, String why) {
        return new ImageException(source.name(), "this " + format + " is damaged: " + why);
    }

    private static ImageException cut(Source source, ImageFormat format, long wanted) {
        return new ImageException(
                source.name(),
                "this " + format + " is cut off: want " + wanted + " bytes or more, have " + source.size());
    }

    private static ImageHeader tiff(Source source) throws IOException {
        byte[] file = source.all();
        TiffDirectory first;
        try {
            first = TiffDirectory.first(file);
        } catch (IllegalArgumentException e) {
            throw damaged(source, ImageFormat.TIFF, String.valueOf(e.getMessage()));
        }
        int offsets = first.entries().containsKey(324) ? 324 : 273;
        long[] starts = first.numbers(offsets);
        long[] lengths = first.numbers(offsets + (offsets == 324 ? 1 : 6));
        if (starts.length != lengths.length) {
            throw damaged(source, ImageFormat.TIFF, starts.length + " strips have the lengths of " + lengths.length);
        }
        for (int i = 0; i < starts.length; i++) {
            if (starts[i] < 8 || starts[i] + lengths[i] > file.length) {
                throw cut(source, ImageFormat.TIFF, starts[i] + lengths[i]);
            }
        }
        long width = first.number(256, 0);
        long height = first.number(257, 0);
        int channels = (int) Math.min(first.number(277, 1), 255);
        int depth = (int) first.number(258, 1);
        return new ImageHeader(
                ImageFormat.TIFF,
                (int) Math.min(width, Integer.MAX_VALUE),
                (int) Math.min(height, Integer.MAX_VALUE),
                channels,
                depth,
                1);
    }

    private static ImageHeader bmp(Source source) throws IOException {
        ByteBuffer start = start(source, ImageFormat.BMP, 54);
        long data = Integer.toUnsignedLong(start.getInt(10));
        boolean core = start.getInt(14) == 12;
        int width = core ? start.getShort(18) & 0xFFFF : start.getInt(18);
        int height = Math.abs(core ? start.getShort(20) & 0xFFFF : start.getInt(22));
        int bits = core ? start.getShort(24) & 0xFFFF : start.getShort(28) & 0xFFFF;
        int compression = core ? 0 : start.getInt(30);
        long rowBytes = ((long) width * bits + 31) / 32 * 4;
        boolean plain = compression == 0 || compression == 3 || compression == 6;
        if (plain && data + rowBytes * height > source.size()) {
            throw cut(source, ImageFormat.BMP, data + rowBytes * height);
        }
        long promised = Integer.toUnsignedLong(start.getInt(34));
        if (!plain && data + promised > source.size()) {
            throw cut(source, ImageFormat.BMP, data + promised);
        }
        return new ImageHeader(
                ImageFormat.BMP, width, height, bits <= 8 ? 1 : bits == 32 ? 4 : 3, Math.min(8, bits), 1);
    }

    private static ImageHeader gif(Source source) throws IOException {
        byte[] file = source.all();
        ByteBuffer in = start(source, ImageFormat.GIF, 13);
        int frames = 0;
        int at = 13 + colours(in.get(10));
        try {
            while (file[at] != 0x3B) {
                if (file[at] == 0x2C) {
                    if (frames == 0) {
                        checkFrame(source, in, at);
                    }
                    frames++;
                    at += 10 + colours(file[at + 9]) + 1;
                } else if (file[at] == 0x21) {
                    at += 2;
                } else {
                    throw damaged(source, ImageFormat.GIF, "an unknown block " + (file[at] & 0xFF) + " at byte " + at);
                }
                while (file[at] != 0) {
                    at += 1 + (file[at] & 0xFF);
                }
                at++;
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw cut(source, ImageFormat.GIF, at + 1L);
        }
        if (frames == 0) {
            throw damaged(source, ImageFormat.GIF, "it holds no picture");
        }
        return new ImageHeader(ImageFormat.GIF, in.getShort(6) & 0xFFFF, in.getShort(8) & 0xFFFF, 1, 8, frames);
    }

    /** A frame larger than its screen would be decoded at a size that no limit has seen. */
    private static void checkFrame(Source source, ByteBuffer screen, int at) throws IOException {
        ByteBuffer frame = ByteBuffer.wrap(source.all()).order(ByteOrder.LITTLE_ENDIAN);
        if (at + 10 > frame.limit()) {
            throw cut(source, ImageFormat.GIF, at + 10L);
        }
        int right = (frame.getShort(at + 1) & 0xFFFF) + (frame.getShort(at + 5) & 0xFFFF);
        int bottom = (frame.getShort(at + 3) & 0xFFFF) + (frame.getShort(at + 7) & 0xFFFF);
        int width = screen.getShort(6) & 0xFFFF;
        int height = screen.getShort(8) & 0xFFFF;
        if (right > width || bottom > height) {
            throw damaged(
                    source,
                    ImageFormat.GIF,
                    "its first frame reaches to (" + right + ", " + bottom + ") on a screen of " + width + "x"
                            + height);
        }
    }

    private static int colours(byte flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    private static ImageHeader webp(Source source) throws IOException {
        ByteBuffer in = start(source, ImageFormat.WEBP, 30);
        long size = 8 + Integer.toUnsignedLong(in.getInt(4));
        if (size > source.size()) {
            throw cut(source, ImageFormat.WEBP, size);
        }
        String kind = new String(source.start(16), 12, 4, StandardCharsets.ISO_8859_1);
        return switch (kind) {
            case "VP8 " ->
                new ImageHeader(ImageFormat.WEBP, in.getShort(26) & 0x3FFF, in.getShort(28) & 0x3FFF, 3, 8, 1);
            case "VP8L" -> {
                int bits = in.getInt(21);
                boolean alpha = (bits >> 28 & 1) == 1;
                yield new ImageHeader(
                        ImageFormat.WEBP, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, alpha ? 4 : 3, 8, 1);
            }
            case "VP8X" -> {
                int width = (in.getInt(24) & 0xFFFFFF) + 1;
                int height = (in.getInt(26) >>> 8) + 1;
                yield new ImageHeader(ImageFormat.WEBP, width, height, (in.get(20) & 0x10) == 0 ? 3 : 4, 8, 1);
            }
            default -> throw damaged(source, ImageFormat.WEBP, "its first part is called " + kind);
        };
    }

    private static ByteBuffer start(Source source, ImageFormat format, int bytes) throws IOException {
        byte[] start = source.start(bytes);
        if (start.length < bytes) {
            throw cut(source, format, bytes);
        }
        return ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
    }
}
