package io.acuity.data;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Baseline JPEG files, written while rows come: grey or YCbCr, chroma at full size from quality 90 on and at half below it.
 * Alpha is laid on a background, 16 bits are rounded to 8; profile, EXIF and XMP become segments.
 */
final class JpegWriter implements Encoder {
    private static final int SEGMENT = 65533;

    private final OutputStream out;
    private final String name;
    private final RowWriter.Layout layout;
    private final WriteOptions options;
    private final JpegBlocks blocks;
    private final int[][] divisors;
    private final int colours;
    private final int factor; // luma samples to a chroma sample, on each side
    private final int unit; // rows that are coded together
    private final float[][] planes; // [component][unit, padded width], less 128
    private final int padded;
    private final int[] before = new int[3];
    private final float[] block = new float[64];
    private boolean started;
    private int filled;

    JpegWriter(OutputStream stream, String name, RowWriter.Layout layout, WriteOptions options) {
        if (layout.width() > 65500 || layout.height() > 65500) {
            throw new ImageException(
                    name, "want at most 65500x65500 pixels in a JPEG, have " + layout.width() + "x" + layout.height());
        }
        this.out = new BufferedOutputStream(stream, 1 << 15);
        this.name = name;
        this.layout = layout;
        this.options = options;
        this.colours = layout.channels() < 3 ? 1 : 3;
        this.factor = colours == 3 && options.quality() < 90 ? 2 : 1;
        this.unit = 8 * factor;
        this.padded = (layout.width() + unit - 1) / unit * unit;
        this.planes = new float[colours][unit * padded];
        this.divisors =
                new int[][] {JpegTables.divisors(true, options.quality()), JpegTables.divisors(false, options.quality())
                };
        this.blocks = new JpegBlocks(out, divisors[0], divisors[1]);
    }

    @Override
    public void write(Image band) throws IOException {
        if (!started) {
            started = true;
            head();
        }
        Image flat = band.to8().flatten(options.background());
        for (int y = 0; y < flat.height(); y++) {
            store(flat, y);
            if (++filled == unit) {
                code();
            }
        }
    }

    @Override
    public void finish() throws IOException {
        if (filled > 0) {
            for (float[] plane : planes) { // the last row again, down to a whole unit
                for (int y = filled; y < unit; y++) {
                    System.arraycopy(plane, (filled - 1) * padded, plane, y * padded, padded);
                }
            }
            code();
        }
        blocks.finish();
        out.write(new byte[] {(byte) 0xFF, (byte) 0xD9});
        out.flush();
    }

    private void store(Image image, int y) {
        int width = layout.width();
        int row = filled * padded;
        byte[] samples = image.bytes();
        for (int x = 0, at = y * width * colours; x < width; x++, at += colours) {
            if (colours == 1) {
                planes[0][row + x] = (samples[at] & 0xFF) - 128;
                continue;
            }
            float r = samples[at] & 0xFF;
            float g = samples[at + 1] & 0xFF;
            float b = samples[at + 2] & 0xFF;
            planes[0][row + x] = 0.299f * r + 0.587f * g + 0.114f * b - 128;
            planes[1][row + x] = -0.168736f * r - 0.331264f * g + 0.5f * b;
            planes[2][row + x] = 0.5f * r - 0.418688f * g - 0.081312f * b;
        }
        for (float[] plane : planes) {
            Arrays.fill(plane, row + width, row + padded, plane[row + width - 1]);
        }
    }

    private void code() throws IOException {
        for (int x = 0; x < padded; x += unit) {
            for (int dy = 0; dy < unit; dy += 8) {
                for (int dx = 0; dx < unit; dx += 8) {
                    fetch(planes[0], dy * padded + x + dx, 1);
                    before[0] = blocks.encode(block, 0, before[0]);
                }
            }
            for (int c = 1; c < colours; c++) {
                fetch(planes[c], x, factor);
                before[c] = blocks.encode(block, 1, before[c]);
            }
        }
        filled = 0;
    }

    /** A block of 8x8, each sample the mean of step x step. */
    private void fetch(float[] plane, int from, int step) {
        for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 8; x++) {
                int at = from + y * step * padded + x * step;
                block[8 * y + x] = step == 1
                        ? plane[at]
                        : (plane[at] + plane[at + 1] + plane[at + padded] + plane[at + padded + 1]) / 4;
            }
        }
    }

    private void head() throws IOException {
        out.write(new byte[] {(byte) 0xFF, (byte) 0xD8});
        segment(0xE0, new byte[] {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0}, null);
        metadata();
        for (int t = 0; t < Math.min(2, colours); t++) {
            byte[] table = new byte[65];
            table[0] = (byte) t;
            for (int i = 0; i < 64; i++) {
                table[1 + i] = (byte) divisors[t][JpegTables.ZIGZAG[i]];
            }
            segment(0xDB, table, null);
        }
        ByteBuffer frame = ByteBuffer.allocate(6 + 3 * colours);
        frame.put((byte) 8)
                .putShort((short) layout.height())
                .putShort((short) layout.width())
                .put((byte) colours);
        for (int c = 0; c < colours; c++) {
            int sampling = c == 0 ? factor << 4 | factor : 0x11;
            frame.put((byte) (c + 1)).put((byte) sampling).put((byte) Math.min(c, 1));
        }
        segment(0xC0, frame.array(), null);
        huffman(0x00, JpegTables.LUMA_FIRST);
        huffman(0x10, JpegTables.LUMA_REST);
        if (colours == 3) {
            huffman(0x01, JpegTables.CHROMA_FIRST);
            huffman(0x11, JpegTables.CHROMA_REST);
        }
        ByteBuffer scan = ByteBuffer.allocate(4 + 2 * colours).put((byte) colours);
        for (int c = 0; c < colours; c++) {
            scan.put((byte) (c + 1)).put((byte) (c == 0 ? 0x00 : 0x11));
        }
        segment(0xDA, scan.put((byte) 0).put((byte) 63).put((byte) 0).array(), null);
    }

    private void metadata() throws IOException {
        Metadata metadata = layout.metadata();
        byte[] exif = metadata.exif();
        if (exif != null && exif.length + JpegSegments.EXIF.length > SEGMENT) {
            exif = Exif.safe(exif); // a segment holds 64 kB; the thumbnail is what makes blocks larger
        }
        if (exif != null && exif.length + JpegSegments.EXIF.length <= SEGMENT) {
            segment(0xE1, JpegSegments.EXIF, exif);
        } else if (metadata.exif() != null) {
            leftOut("EXIF", metadata.exif());
        }
        byte[] xmp = metadata.xmp();
        if (xmp != null && xmp.length + JpegSegments.XMP.length <= SEGMENT) {
            segment(0xE1, JpegSegments.XMP, xmp);
        } else if (xmp != null) {
            leftOut("XMP", xmp);
        }
        byte[] iptc = metadata.iptc() == null ? null : ImageResource.of(ImageResource.IPTC, metadata.iptc());
        if (iptc != null && iptc.length + JpegSegments.PHOTOSHOP.length <= SEGMENT) {
            segment(0xED, JpegSegments.PHOTOSHOP, iptc);
        } else if (iptc != null) {
            leftOut("IPTC", iptc);
        }
        byte[] icc = metadata.icc();
        int part = SEGMENT - JpegSegments.ICC.length - 2;
        int parts = icc == null ? 0 : (icc.length + part - 1) / part;
        if (icc != null && parts > 255) {
            leftOut("colour profile", icc);
        } else if (icc != null) {
            for (int i = 0; i < parts; i++) {
                byte[] head = Arrays.copyOf(JpegSegments.ICC, JpegSegments.ICC.length + 2);
                head[JpegSegments.ICC.length] = (byte) (i + 1);
                head[JpegSegments.ICC.length + 1] = (byte) parts;
                segment(0xE2, head, Arrays.copyOfRange(icc, i * part, Math.min(icc.length, (i + 1) * part)));
            }
        }
    }

    private void leftOut(String what, byte[] data) {
        System.getLogger(JpegWriter.class.getName())
                .log(
                        System.Logger.Level.WARNING,
                        "{0}: {1} bytes of {2} do not fit into a JPEG",
                        name,
                        data.length,
                        what);
    }

    private void huffman(int destination, JpegTables.Huffman table) throws IOException {
        byte[] data = new byte[17 + table.symbols().length];
        data[0] = (byte) destination;
        for (int i = 0; i < 16; i++) {
            data[1 + i] = (byte) table.counts()[i];
        }
        for (int i = 0; i < table.symbols().length; i++) {
            data[17 + i] = (byte) table.symbols()[i];
        }
        segment(0xC4, data, null);
    }

    private void segment(int marker, byte[] head, byte @Nullable [] data) throws IOException {
        int length = 2 + head.length + (data == null ? 0 : data.length);
        out.write(new byte[] {(byte) 0xFF, (byte) marker, (byte) (length >> 8), (byte) length});
        out.write(head);
        if (data != null) {
            out.write(data);
        }
    }
}
