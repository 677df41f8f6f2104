package io.acuity.data;

import java.io.OutputStream;

/**
 * Writes a picture band by band from the top to a stream, so that a huge one needs the memory of a band. Closing before
 * the last row is written leaves a broken stream behind: write through {@link io.acuity.weights.AtomicFile}.
 */
public interface RowWriter extends AutoCloseable {
    /**
     * The form of a picture that is to be written.
     *
     * @param width pixels in a row
     * @param height rows
     * @param channels 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA
     * @param bitDepth 8 or 16
     */
    record Layout(int width, int height, int channels, int bitDepth, Metadata metadata) {
        /** The form of a picture in memory. */
        public static Layout of(Image image) {
            return new Layout(image.width(), image.height(), image.channels(), image.bitDepth(), image.metadata());
        }

        long pixels() {
            return (long) width * height;
        }
    }

    /** The next rows; bands have the layout's width, channels and depth. */
    void write(Image band);

    /** Ends the picture; the stream stays open. */
    @Override
    void close();

    /** Starts a picture of a writable format; {@code name} is what messages call it. */
    static RowWriter open(OutputStream out, String name, ImageFormat format, Layout layout, WriteOptions options) {
        Layout wanted = new Layout(
                layout.width,
                layout.height,
                layout.channels,
                layout.bitDepth,
                layout.metadata.under(options.metadata()));
        Encoder encoder = switch (format) {
            case PNG -> new PngWriter(out, wanted);
            case JPEG -> new JpegWriter(out, name, wanted, options);
            case TIFF -> new TiffWriter(out, name, wanted);
            case BMP -> new BmpWriter(out, name, wanted);
            case GIF, WEBP ->
                throw new ImageException(
                        name,
                        "want png, jpg, tif or bmp to write, have " + format.extension() + ", which is only read");
        };
        return new CheckedRows(encoder, name, wanted);
    }
}
