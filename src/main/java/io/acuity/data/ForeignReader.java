package io.acuity.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/** TIFF, BMP, GIF and WebP files through ImageIO and its plugins, taking the samples as they are stored. */
final class ForeignReader {
    private static final int EXTRA_SAMPLES = 338; // 1: alpha is multiplied in

    private ForeignReader() {}

    static Image decode(Source source, ImageHeader header) throws IOException {
        byte[] file = source.all();
        BufferedImage decoded = decode(source, header.format(), file);
        Image image = samples(source, header, decoded);
        return switch (header.format()) {
            case TIFF -> tiff(image, file);
            case WEBP -> image.withMetadata(webp(file));
            case GIF -> onScreen(image, header, file);
            case BMP -> image.withMetadata(bmp(file));
            case PNG, JPEG -> image;
        };
    }

    private static BufferedImage decode(Source source, ImageFormat format, byte[] file) throws IOException {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.name());
        if (!readers.hasNext()) {
            throw new ImageException(source.name(), "the library that reads " + format + " is missing");
        }
        ImageReader reader = preferred(readers, format);
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            String[] damage = new String[1];
            reader.addIIOReadWarningListener((from, warning) -> damage[0] = warning);
            reader.setInput(in, true, true);
            BufferedImage image = reader.read(0);
            if (damage[0] != null && format != ImageFormat.TIFF) { // TIFF's warnings are about tags
                throw Headers.damaged(source, format, damage[0]);
            }
            return image;
        } finally {
            reader.dispose();
        }
    }

    /** TwelveMonkeys' TIFF reader knows what the JDK's does not (16 bits with a predictor, CMYK). */
    private static ImageReader preferred(Iterator<ImageReader> readers, ImageFormat format) {
        ImageReader first = readers.next();
        for (ImageReader reader = first; ; reader = readers.next()) {
            if (format != ImageFormat.TIFF || reader.getClass().getName().startsWith("com.twelvemonkeys.")) {
                return reader;
            }
            if (!readers.hasNext()) {
                return first;
            }
        }
    }

    private static Image samples(Source source, ImageHeader header, BufferedImage decoded) {
        Raster raster = decoded.getRaster();
        ColorModel model = decoded.getColorModel();
        int w = decoded.getWidth();
        int h = decoded.getHeight();
        int depth = raster.getSampleModel().getSampleSize(0);
        int type = raster.getDataBuffer().getDataType();
        if (type != DataBuffer.TYPE_BYTE && type != DataBuffer.TYPE_USHORT && type != DataBuffer.TYPE_INT) {
            throw new ImageException(
                    source.name(),
                    "want samples of 1 to 16 bits, have %d bits of another kind".formatted(header.bitDepth()));
        }
        int colours = model.getColorSpace().getType();
        boolean direct = !(model instanceof IndexColorModel)
                && type != DataBuffer.TYPE_INT
                && (depth == 8 || depth == 16)
                && (colours == ColorSpace.TYPE_GRAY || colours == ColorSpace.TYPE_RGB);
        if (direct) {
            return raw(raster, Math.min(raster.getNumBands(), model.getNumComponents()), depth);
        }
        if (model instanceof IndexColorModel index) {
            return indexed(raster, index, w, h);
        }
        // packed RGB in sRGB or inks: the model says what they look like
        boolean alpha = model.hasAlpha();
        Image image = Image.black(w, h, alpha ? 4 : 3, 8);
        int[] row = new int[w];
        for (int y = 0, at = 0; y < h; y++) {
            decoded.getRGB(0, y, w, 1, row, 0, w);
            for (int pixel : row) {
                at = put(image.bytes(), at, pixel, alpha);
            }
        }
        return image;
    }

    /** Bands as they are, 8 or 16 bits. */
    private static Image raw(Raster raster, int channels, int depth) {
        int w = raster.getWidth();
        Image image = Image.black(w, raster.getHeight(), channels, depth);
        int[] row = new int[w * raster.getNumBands()];
        int bands = raster.getNumBands();
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, w, 1, row);
            for (int x = 0; x < w; x++) {
                for (int c = 0; c < channels; c++, at++) {
                    if (depth == 8) {
                        image.bytes()[at] = (byte) row[x * bands + c];
                    } else {
                        image.shorts()[at] = (short) row[x * bands + c];
                    }
                }
            }
        }
        return image;
    }

    /** A palette as colours, or as grey where it has only greys, as bilevel pictures and grey BMP files do. */
    private static Image indexed(Raster raster, IndexColorModel model, int w, int h) {
        boolean grey = !model.hasAlpha();
        for (int i = 0; i < model.getMapSize(); i++) {
            grey &= model.getRed(i) == model.getGreen(i) && model.getGreen(i) == model.getBlue(i);
        }
        boolean alpha = model.hasAlpha();
        Image image = Image.black(w, h, grey ? 1 : alpha ? 4 : 3, 8);
        int[] row = new int[w];
        for (int y = 0, at = 0; y < h; y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, w, 1, 0, row);
            for (int index : row) {
                if (grey) {
                    image.bytes()[at++] = (byte) model.getRed(index);
                } else {
                    at = put(image.bytes(), at, model.getRGB(index), alpha);
                }
            }
        }
        return image;
    }

    private static int put(byte[] bytes, int at, int argb, boolean alpha) {
        bytes[at] = (byte) (argb >> 16);
        bytes[at + 1] = (byte) (argb >> 8);
        bytes[at + 2] = (byte) argb;
        if (alpha) {
            bytes[at + 3] = (byte) (argb >> 24);
        }
        return at + (alpha ? 4 : 3);
    }

    /** The first frame at its place on the logical screen, transparent around it. */
    private static Image onScreen(Image frame, ImageHeader header, byte[] file) {
        if (frame.width() == header.width() && frame.height() == header.height()) {
            return frame;
        }
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int at = 13 + ((file[10] & 0x80) == 0 ? 0 : 3 << ((file[10] & 7) + 1));
        while (file[at] != 0x2C) {
            at += 2;
            while (file[at] != 0) {
                at += 1 + (file[at] & 0xFF);
            }
            at++;
        }
        int left = in.getShort(at + 1) & 0xFFFF;
        int top = in.getShort(at + 3) & 0xFFFF;
        Image screen = Image.black(header.width(), header.height(), 4, 8);
        boolean grey = frame.channels() < 3;
        boolean alpha = frame.hasAlpha();
        for (int y = 0; y < Math.min(frame.height(), header.height() - top); y++) {
            for (int x = 0; x < Math.min(frame.width(), header.width() - left); x++) {
                int to = ((top + y) * header.width() + left + x) * 4;
                for (int c = 0; c < 3; c++) {
                    screen.bytes()[to + c] = (byte) frame.sample(x, y, grey ? 0 : c);
                }
                screen.bytes()[to + 3] = (byte) (alpha ? frame.sample(x, y, frame.channels() - 1) : 255);
            }
        }
        return screen;
    }

    private static Image tiff(Image image, byte[] file) {
        TiffDirectory first = TiffDirectory.first(file);
        if (image.hasAlpha() && first.number(EXTRA_SAMPLES, 0) == 1) {
            divideByAlpha(image);
        }
        TiffDirectory.Entry icc = first.entries().get(TiffDirectory.ICC);
        TiffDirectory.Entry xmp = first.entries().get(TiffDirectory.XMP);
        boolean inks = first.number(262, 0) == 5; // their profile does not fit the RGB they have become
        TiffDirectory.Entry iptc = first.entries().get(TiffDirectory.IPTC);
        return image.withMetadata(Metadata.of(
                        icc == null || inks ? null : icc.value(),
                        Exif.ofTiff(file, first),
                        xmp == null ? null : xmp.value())
                .withIptc(iptc == null ? null : iptc.value()));
    }

    /** Undoes the multiplication of colours by alpha, in place. */
    private static void divideByAlpha(Image image) {
        int channels = image.channels();
        long peak = image.peak();
        for (int i = channels - 1; i < image.width() * image.height() * channels; i += channels) {
            long alpha = image.sample(i);
            for (int at = i - channels + 1; at < i && alpha > 0; at++) {
                long colour = Math.min(peak, (image.sample(at) * peak + alpha / 2) / alpha);
                if (image.bitDepth() == 8) {
                    image.bytes()[at] = (byte) colour;
                } else {
                    image.shorts()[at] = (short) colour;
                }
            }
        }
    }

    private static Metadata webp(byte[] file) {
        return Metadata.of(riff(file, "ICCP"), withoutPrefix(riff(file, "EXIF")), riff(file, "XMP "));
    }

    private static byte @Nullable [] riff(byte[] file, String wanted) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = 12; at + 8 <= file.length; ) {
            long length = Integer.toUnsignedLong(in.getInt((int) at + 4));
            if (at + 8 + length > file.length) {
                return null;
            }
            if (new String(file, (int) at, 4, StandardCharsets.ISO_8859_1).equals(wanted)) {
                return Arrays.copyOfRange(file, (int) at + 8, (int) (at + 8 + length));
            }
            at += 8 + length + (length & 1);
        }
        return null;
    }

    /** Some writers put JPEG's segment name before the EXIF block. */
    private static byte @Nullable [] withoutPrefix(byte @Nullable [] exif) {
        byte[] prefix = JpegSegments.EXIF;
        return exif != null && exif.length > 6 && Arrays.equals(exif, 0, 6, prefix, 0, 6)
                ? Arrays.copyOfRange(exif, 6, exif.length)
                : exif;
    }

    /** The profile that the fifth version of BMP's header may hold. */
    private static Metadata bmp(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt(14) >= 124 && file.length >= 138 && in.getInt(14 + 56) == BmpWriter.EMBEDDED) {
            long from = 14 + Integer.toUnsignedLong(in.getInt(14 + 112));
            long length = Integer.toUnsignedLong(in.getInt(14 + 116));
            if (length > 0 && from + length <= file.length) {
                return Metadata.NONE.withIcc(Arrays.copyOfRange(file, (int) from, (int) (from + length)));
            }
        }
        return Metadata.NONE;
    }
}
