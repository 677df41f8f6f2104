package io.acuity.infer;

import io.acuity.data.Image;
import io.acuity.data.Metadata;
import io.acuity.data.RowReader;
import io.acuity.data.RowWriter;
import java.lang.foreign.MemorySegment;

/** Rasters as the source and the target of bands. */
final class RasterRows implements RowReader {
    private final Raster raster;
    private int next;

    RasterRows(Raster raster) {
        this.raster = raster;
    }

    @Override
    public int width() {
        return raster.width();
    }

    @Override
    public int height() {
        return raster.height();
    }

    @Override
    public int channels() {
        return raster.channels();
    }

    @Override
    public int bitDepth() {
        return raster.bitDepth();
    }

    @Override
    public Metadata metadata() {
        return Metadata.NONE;
    }

    @Override
    public boolean streams() {
        return false;
    }

    @Override
    public Image read(int rows) {
        Image band = Image.black(raster.width(), rows, raster.channels(), raster.bitDepth());
        raster.copyRows(next, rows, band.bitDepth() == 8 ? band.bytes() : band.shorts());
        next += rows;
        return band;
    }

    @Override
    public void close() {}

    /** Bands one after the other into {@code samples}. */
    static RowWriter into(MemorySegment samples) {
        return new RowWriter() {
            private long at;

            @Override
            public void write(Image band) {
                MemorySegment from = band.segment();
                MemorySegment.copy(from, 0, samples, at, from.byteSize());
                at += from.byteSize();
            }

            @Override
            public void close() {}
        };
    }
}
