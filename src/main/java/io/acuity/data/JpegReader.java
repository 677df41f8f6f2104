package io.acuity.data;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/** Pictures of JPEG files: the JDK's libjpeg decodes the components, the colours are worked out here. */
final class JpegReader {
    private static final int SHIFT = 16;

    private JpegReader() {}

    static Image decode(Source source) throws IOException {
        JpegSegments segments = JpegSegments.read(source);
        Raster raster = components(source, segments);
        int width = raster.getWidth();
        int height = raster.getHeight();
        int channels = raster.getNumBands();
        if (width != segments.header().width() || height != segments.header().height()) {
            throw Headers.damaged(source, ImageFormat.JPEG, "its size changes on the way");
        }
        byte[] samples = ((DataBufferByte) raster.getDataBuffer()).getData();
        Metadata metadata = segments.metadata();
        return switch (segments.colours()) {
            case GREY, RGB -> Image.of(width, height, channels, samples).withMetadata(metadata);
            case YCC -> {
                rows(height, y -> ycc(samples, y * width * 3, width, 3));
                yield Image.of(width, height, 3, samples).withMetadata(metadata);
            }
            case CMYK, INVERTED_CMYK, YCCK -> {
                inks(samples, width, height, segments.colours());
                yield Image.of(width, height, 3, cmyk(raster, samples, metadata.icc()))
                        .withMetadata(metadata.withIcc(null));
            }
        };
    }

    private static Raster components(Source source, JpegSegments segments) throws IOException {
        ImageReader reader = reader();
        try (MemoryCacheImageInputStream in =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(segments.bare()))) {
            String[] damage = new String[1];
            reader.addIIOReadWarningListener((from, warning) -> damage[0] = warning);
            reader.setInput(in, true, true);
            Raster raster = reader.readRaster(0, null);
            if (damage[0] != null) {
                throw Headers.damaged(source, ImageFormat.JPEG, damage[0]);
            }
            return raster;
        } catch (IIOException e) {
            throw Headers.damaged(source, ImageFormat.JPEG, String.valueOf(e.getMessage()));
        } finally {
            reader.dispose();
        }
    }

    /** The JDK's own reader: plugins that stand before it would convert colours. */
    private static ImageReader reader() {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
                return reader;
            }
        }
        throw new IllegalStateException("this JDK has no JPEG reader");
    }

    /** Luma and chroma to red, green, blue in place, with libjpeg's rounding. */
    private static void ycc(byte[] samples, int from, int pixels, int step) {
        int half = 1 << (SHIFT - 1);
        for (int i = 0, at = from; i < pixels; i++, at += step) {
            int y = samples[at] & 0xFF;
            int cb = (samples[at + 1] & 0xFF) - 128;
            int cr = (samples[at + 2] & 0xFF) - 128;
            samples[at] = clamp(y + ((91881 * cr + half) >> SHIFT));
            samples[at + 1] = clamp(y + ((-22554 * cb - 46802 * cr + half) >> SHIFT));
            samples[at + 2] = clamp(y + ((116130 * cb + half) >> SHIFT));
        }
    }

    /** Makes the samples mean ink: 0 none, 255 full. */
    private static void inks(byte[] samples, int width, int height, JpegSegments.Colours colours) {
        rows(height, y -> {
            int from = y * width * 4;
            // the three colours of YCCK come out as ink, as they were inverted twice; its black was inverted once
            boolean mixed = colours == JpegSegments.Colours.YCCK;
            if (mixed) {
                ycc(samples, from, width, 4);
            }
            if (colours != JpegSegments.Colours.CMYK) {
                for (int i = mixed ? from + 3 : from; i < from + width * 4; i += mixed ? 4 : 1) {
                    samples[i] = (byte) ~samples[i];
                }
            }
        });
    }

    /** Inks to sRGB by their profile; without one each colour is what cyan, magenta, yellow and black let through. */
    private static byte[] cmyk(Raster raster, byte[] samples, byte @Nullable [] icc) {
        int pixels = raster.getWidth() * raster.getHeight();
        byte[] rgb = new byte[pixels * 3];
        ICC_Profile profile = profile(icc);
        if (profile != null) {
            WritableRaster result = Raster.createInterleavedRaster(
                    new DataBufferByte(rgb, rgb.length),
                    raster.getWidth(),
                    raster.getHeight(),
                    raster.getWidth() * 3,
                    3,
                    new int[] {0, 1, 2},
                    null);
            ICC_Profile[] path = {profile, ICC_Profile.getInstance(ColorSpace.CS_sRGB)};
            new ColorConvertOp(path, null).filter(raster, result);
            return rgb;
        }
        for (int i = 0; i < pixels; i++) {
            int light = 255 - (samples[4 * i + 3] & 0xFF);
            for (int c = 0; c < 3; c++) {
                rgb[3 * i + c] = (byte) (((255 - (samples[4 * i + c] & 0xFF)) * light + 127) / 255);
            }
        }
        return rgb;
    }

    private static @Nullable ICC_Profile profile(byte @Nullable [] icc) {
        try {
            ICC_Profile profile = icc == null ? null : ICC_Profile.getInstance(icc);
            return profile == null || profile.getNumComponents() != 4 ? null : profile;
        } catch (IllegalArgumentException e) {
            return null; // a damaged profile says nothing about the inks
        }
    }

    private static void rows(int height, IntConsumer row) {
        IntStream.range(0, height).parallel().forEach(row);
    }

    private static byte clamp(int value) {
        return (byte) Math.clamp(value, 0, 255);
    }
}
