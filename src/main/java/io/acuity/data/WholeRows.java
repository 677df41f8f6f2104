package io.acuity.data;

/** Bands of a picture that is in memory. */
final class WholeRows implements RowReader {
    private final Image image;
    private int next;

    WholeRows(Image image) {
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
    public void close() {}
}
