package io.acuity.data;

import java.nio.file.Path;

/**
 * A picture read band by band from the top, so that a huge one needs the memory of a band. PNG files without interlacing
 * whose EXIF says they stand upright are really streamed; all others are decoded whole and handed out in bands.
 */
public interface RowReader extends AutoCloseable {
    /** Pixels in a row, upright. */
    int width();

    /** Rows, upright. */
    int height();

    /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
    int channels();

    /** 8 or 16. */
    int bitDepth();

    /** What the file says beside the samples; its orientation is upright. */
    Metadata metadata();

    /** Whether the picture is being streamed rather than held whole. */
    boolean streams();

    /** The next {@code rows} rows; fewer at the end are a mistake of the caller. */
    Image read(int rows);

    @Override
    void close();

    /** A picture in memory, handed out in bands. */
    static RowReader of(Image image) {
        return new WholeRows(image);
    }

    /** Opens a file; throws {@link ImageException} when it is no picture, damaged at its start or over the limits. */
    static RowReader open(Path path, Limits limits) {
        return open(Source.of(path), limits);
    }

    /** Opens the bytes of a file, called {@code name} in messages. */
    static RowReader open(byte[] file, String name, Limits limits) {
        return open(Source.of(name, file), limits);
    }

    private static RowReader open(Source source, Limits limits) {
        return ImageFile.guarded(source, () -> {
            ImageHeader header = ImageFile.header(source, limits);
            if (header.format() == ImageFormat.PNG) {
                PngInfo info = PngInfo.scan(source, limits);
                if (!info.interlaced() && info.metadata().orientation() == 1) {
                    return new PngReader(source, info);
                }
            }
            return new WholeRows(ImageFile.decode(source, header, limits));
        });
    }
}
