package io.acuity.infer;

import io.acuity.data.Image;
import io.acuity.data.RowWriter;

/** Gathers bands into a picture in memory. */
final class ImageSink implements RowWriter {
    private final Image image;
    private int at;

    ImageSink(Layout layout) {
        image = Image.black(layout.width(), layout.height(), layout.channels(), layout.bitDepth())
                .withMetadata(layout.metadata());
    }

    @Override
    public void write(Image band) {
        if (band.bitDepth() == 8) {
            System.arraycopy(band.bytes(), 0, image.bytes(), at, band.bytes().length);
            at += band.bytes().length;
        } else {
            System.arraycopy(band.shorts(), 0, image.shorts(), at, band.shorts().length);
            at += band.shorts().length;
        }
    }

    Image image() {
        return image;
    }

    @Override
    public void close() {
        // nothing is open
    }
}
