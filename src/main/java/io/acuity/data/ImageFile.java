package io.acuity.data;

import io.acuity.weights.AtomicFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads and writes pictures as they are: 16 bits, grey, alpha, colour profile, EXIF and XMP stay, the EXIF orientation is
 * applied to the pixels, CMYK becomes RGB, no sample is converted from one profile to another. A file is read whole or
 * not at all, and written whole or not at all. What is wrong with a picture is an {@link ImageException} of one sentence,
 * what is wrong with the disk written to a {@link io.acuity.weights.WriteException}.
 */
public final class ImageFile {
    private ImageFile() {}

    /** The picture in a file. */
    public static Image read(Path path) {
        return read(path, Limits.DEFAULT);
    }

    /** The picture in a file, if it keeps within the limits. */
    public static Image read(Path path, Limits limits) {
        return read(Source.of(path), limits);
    }

    /** The picture in the bytes of a file, called {@code name} in messages. */
    public static Image read(byte[] file, String name, Limits limits) {
        return read(Source.of(name, file), limits);
    }

    /** The picture in a stream, called {@code name} in messages; the stream is read to its end and left open. */
    public static Image read(InputStream in, String name, Limits limits) {
        try {
            return read(in.readAllBytes(), name, limits);
        } catch (IOException e) {
            throw new ImageException(name, "cannot be read: " + e.getMessage(), e);
        }
    }

    /** What the first bytes of a file say; nothing is decoded. */
    public static ImageHeader header(Path path, Limits limits) {
        Source source = Source.of(path);
        return guarded(source, () -> header(source, limits));
    }

    /** What the first bytes of a file in memory say; nothing is decoded. */
    public static ImageHeader header(byte[] file, String name, Limits limits) {
        Source source = Source.of(name, file);
        return guarded(source, () -> header(source, limits));
    }

    /** Writes a picture in the format its name ends with, with {@link WriteOptions#DEFAULT}. */
    public static void write(Image image, Path path) {
        ImageFormat format = ImageFormat.ofName(path.toString())
                .orElseThrow(() -> new ImageException(
                        path.toString(), "want a name ending with .png, .jpg, .tif or .bmp to know the format"));
        write(image, path, format, WriteOptions.DEFAULT);
    }

    /** Writes a picture; the file appears under its name only when it is complete. */
    public static void write(Image image, Path path, ImageFormat format, WriteOptions options) {
        AtomicFile.write(path, out -> write(image, out, path.toString(), format, options));
    }

    /** Writes a picture to a stream, called {@code name} in messages, and leaves it open. */
    public static void write(Image image, OutputStream out, String name, ImageFormat format, WriteOptions options) {
        try (RowWriter writer = RowWriter.open(out, name, format, RowWriter.Layout.of(image), options)) {
            writer.write(image);
        }
    }

    static ImageHeader header(Source source, Limits limits) throws IOException {
        Optional<ImageFormat> known = ImageFormat.ofMagic(source.start(ImageFormat.MAGIC_BYTES));
        if (known.isEmpty()) {
            throw new ImageException(
                    source.name(), "want a PNG, JPEG, TIFF, WebP, BMP or GIF picture, have " + Headers.guess(source));
        }
        ImageFormat format = known.get();
        if (format == ImageFormat.PNG) {
            return PngInfo.header(source, limits).header();
        }
        ImageHeader header = Headers.read(source, format);
        limits.check(source.name(), header);
        return header;
    }

    /** Decodes the whole picture and turns it upright. */
    static Image decode(Source source, ImageHeader header, Limits limits) throws IOException {
        checkMemory(source.name(), header);
        Image stored = switch (header.format()) {
            case PNG -> PngReader.decode(source, limits);
            case JPEG -> JpegReader.decode(source);
            default -> ForeignReader.decode(source, header);
        };
        return Orientation.upright(stored);
    }

    /** Turns whatever a damaged file makes a decoder throw into one sentence. */
    static <T> T guarded(Source source, Reading<T> reading) {
        try {
            return reading.read();
        } catch (ImageException e) {
            throw e;
        } catch (EOFException e) {
            throw new ImageException(source.name(), "this picture is cut off after " + source.size() + " bytes", e);
        } catch (OutOfMemoryError e) {
            throw new ImageException(source.name(), "there is not enough memory to hold this picture", e);
        } catch (IOException | RuntimeException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new ImageException(source.name(), "this picture cannot be decoded: " + why, e);
        }
    }

    /** Something that reads a picture. */
    @FunctionalInterface
    interface Reading<T> {
        T read() throws IOException;
    }

    private static Image read(Source source, Limits limits) {
        return guarded(source, () -> decode(source, header(source, limits), limits));
    }

    private static void checkMemory(String name, ImageHeader header) {
        long bytes = header.pixels() * Math.max(3, header.channels()) * (header.bitDepth() > 8 ? 2 : 1);
        if (bytes > Integer.MAX_VALUE - 16 || bytes > Runtime.getRuntime().maxMemory()) {
            throw new ImageException(
                    name,
                    "want %d MB to hold its %dx%d pixels, have a heap of %d MB"
                            .formatted(
                                    bytes >> 20,
                                    header.width(),
                                    header.height(),
                                    Runtime.getRuntime().maxMemory() >> 20));
        }
    }
}
