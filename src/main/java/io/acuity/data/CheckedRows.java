package io.acuity.data;

import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.file.Path;

/** Lets only bands of the right form through to an encoder, and only as many rows as were promised. */
final class CheckedRows implements RowWriter {
    private final Encoder encoder;
    private final String name;
    private final Layout layout;
    private int written;
    private boolean failed;

    CheckedRows(Encoder encoder, String name, Layout layout) {
        this.encoder = encoder;
        this.name = name;
        this.layout = layout;
    }

    @Override
    public void write(Image band) {
        if (band.width() != layout.width()
                || band.channels() != layout.channels()
                || band.bitDepth() != layout.bitDepth()
                || band.height() > layout.height() - written) {
            failed = true;
            throw new IllegalArgumentException(
                    "rows of %s: want %d wide, %d channels, %d bits, at most %d rows, have %s"
                            .formatted(
                                    name,
                                    layout.width(),
                                    layout.channels(),
                                    layout.bitDepth(),
                                    layout.height() - written,
                                    band));
        }
        written += band.height();
        try {
            encoder.write(band);
        } catch (IOException e) {
            throw cannot(e);
        } catch (RuntimeException e) {
            failed = true;
            throw e;
        }
    }

    @Override
    public void close() {
        try {
            if (failed) {
                return; // what went wrong is on its way already
            }
            if (written < layout.height()) {
                throw new ImageException(name, "only " + written + " of " + layout.height() + " rows were written");
            }
            encoder.finish();
        } catch (IOException e) {
            throw cannot(e);
        } finally {
            encoder.release();
        }
    }

    private WriteException cannot(IOException e) {
        failed = true;
        return WriteException.of(Path.of(name), e);
    }
}
