package io.acuity.infer;

import io.acuity.data.Image;
import io.acuity.data.Metadata;
import io.acuity.data.RowReader;

/** A picture in memory, handed out in bands. */
final class ImageRows implements RowReader {
    private final Image image;
    private int next;

    ImageRows(Image image) {
        this.image = image;
    }

    @Override
    public int width() {
        return image.width();
    }

    @Override
    public int height() {
        return image.height();
    }

    @Override
    public int channels() {
        return image.channels();
    }

    @Override
    public int bitDepth() {
        return image.bitDepth();
    }

    @Override
    public Metadata metadata() {
        return image.metadata();
    }

    @Override
    public boolean streams() {
        return false;
    }

    @Override
    public Image read(int rows) {
        Image band = image.crop(0, next, image.width(), rows);
        next += rows;
        return band;
    }

    @Override
    public void close() {
        // nothing is open
    }
}
