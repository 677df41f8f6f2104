package io.acuity.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/** TIFF files without compression, whose directory comes first so that rows can be written as they come. */
final class TiffWriter implements Encoder {
    private static final int STRIP_BYTES = 1 << 16;

    private final OutputStream out;
    private final String name;
    private final RowWriter.Layout layout;
    private final ByteOrder order;
    private final int rowBytes;
    private boolean started;

    TiffWriter(OutputStream out, String name, RowWriter.Layout layout) {
        this.out = out;
        this.name = name;
        this.layout = layout;
        byte[] exif = layout.metadata().exif();
        ByteOrder given = exif == null ? null : TiffDirectory.order(exif);
        this.order = given == null ? ByteOrder.LITTLE_ENDIAN : given; // EXIF values are copied as they are
        this.rowBytes = Math.toIntExact((long) layout.width() * layout.channels() * layout.bitDepth() / 8);
    }

    @Override
    public void write(Image band) throws IOException {
        if (!started) {
            started = true;
            head();
        }
        if (layout.bitDepth() == 8) {
            out.write(band.bytes());
            return;
        }
        ByteBuffer row = ByteBuffer.allocate(rowBytes).order(order);
        for (int y = 0; y < band.height(); y++) {
            row.asShortBuffer().put(band.shorts(), y * rowBytes / 2, rowBytes / 2);
            out.write(row.array());
        }
    }

    @Override
    public void finish() {}

    private void head() throws IOException {
        int stripRows = Math.max(1, STRIP_BYTES / rowBytes);
        int strips = (layout.height() + stripRows - 1) / stripRows;
        SortedMap<Integer, TiffDirectory.Entry> entries = new TreeMap<>();
        int channels = layout.channels();
        int[] depths = new int[channels];
        Arrays.fill(depths, layout.bitDepth());
        entries.put(256, TiffDirectory.ofInt(order, layout.width()));
        entries.put(257, TiffDirectory.ofInt(order, layout.height()));
        entries.put(258, TiffDirectory.ofShorts(order, depths));
        entries.put(259, TiffDirectory.ofShorts(order, 1)); // no compression
        entries.put(262, TiffDirectory.ofShorts(order, channels < 3 ? 1 : 2)); // black is zero, RGB
        entries.put(273, strips(strips, i -> 0));
        entries.put(274, TiffDirectory.ofShorts(order, 1));
        entries.put(277, TiffDirectory.ofShorts(order, channels));
        entries.put(278, TiffDirectory.ofInt(order, stripRows));
        entries.put(279, strips(strips, i -> rowBytes * (long) Math.min(stripRows, layout.height() - i * stripRows)));
        entries.put(284, TiffDirectory.ofShorts(order, 1)); // samples of a pixel side by side
        if (channels == 2 || channels == 4) {
            entries.put(338, TiffDirectory.ofShorts(order, 2)); // alpha not multiplied in
        }
        put(entries, TiffDirectory.XMP, 1, layout.metadata().xmp());
        put(entries, TiffDirectory.IPTC, 7, layout.metadata().iptc());
        put(entries, TiffDirectory.ICC, 7, layout.metadata().icc());

        byte[] exif = layout.metadata().exif();
        byte[] children = new byte[0];
        if (exif != null && TiffDirectory.order(exif) != null) {
            try {
                // twice: how large the main directory is shows only when it has its entries from EXIF
                Exif.intoTiff(exif, entries, 0);
                children = Exif.intoTiff(exif, entries, 8 + TiffDirectory.size(entries));
            } catch (IllegalArgumentException e) {
                entries.remove(TiffDirectory.EXIF); // a damaged block cannot be taken apart
            }
        }
        long first = 8L + TiffDirectory.size(entries) + children.length;
        if (first + (long) rowBytes * layout.height() > 0xFFFF_FFFFL) {
            throw new ImageException(name, "this picture is too large for a TIFF file, which ends at 4 GB");
        }
        entries.put(273, strips(strips, i -> first + (long) i * stripRows * rowBytes));
        ByteBuffer start = ByteBuffer.allocate(8).order(order);
        start.putShort((short) (order == ByteOrder.LITTLE_ENDIAN ? 0x4949 : 0x4D4D))
                .putShort((short) 42)
                .putInt(8);
        out.write(start.array());
        out.write(TiffDirectory.write(order, entries, 8));
        out.write(children);
    }

    private TiffDirectory.Entry strips(int count, IntToLongFunction value) {
        ByteBuffer values = ByteBuffer.allocate(4 * count).order(order);
        for (int i = 0; i < count; i++) {
            values.putInt((int) value.applyAsLong(i));
        }
        return new TiffDirectory.Entry(4, count, values.array(), 0);
    }

    private static void put(
            SortedMap<Integer, TiffDirectory.Entry> entries, int tag, int type, byte @Nullable [] value) {
        if (value != null) {
            entries.put(tag, new TiffDirectory.Entry(type, value.length, value, 0));
        }
    }
}
