package io.acuity.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** BMP files of 8 bits a sample, from the top row down: grey by a palette, RGB, RGB and alpha; 16 bits are rounded to 8. */
final class BmpWriter implements Encoder {
    /** "MBED": the profile lies in the file. */
    static final int EMBEDDED = 0x4D424544;

    private static final int HEADER = 124;

    private final OutputStream out;
    private final RowWriter.Layout layout;
    private final byte[] row;
    private final int pixelBytes;
    private boolean started;

    BmpWriter(OutputStream out, String name, RowWriter.Layout layout) {
        this.out = out;
        this.layout = layout;
        this.pixelBytes = layout.channels() == 1 ? 1 : layout.channels() == 3 ? 3 : 4;
        long rowBytes = ((long) layout.width() * pixelBytes + 3) / 4 * 4;
        if (rowBytes * layout.height() > Integer.MAX_VALUE - 8_000_000) {
            throw new ImageException(name, "this picture is too large for a BMP file, which ends at 2 GB");
        }
        this.row = new byte[(int) rowBytes];
    }

    @Override
    public void write(Image band) throws IOException {
        if (!started) {
            started = true;
            head();
        }
        Image bytes = band.to8();
        boolean grey = bytes.channels() < 3;
        for (int y = 0; y < band.height(); y++) {
            for (int x = 0, to = 0; x < band.width(); x++) {
                for (int c = 0; c < Math.min(3, pixelBytes); c++) { // blue, green, red
                    row[to++] = (byte) bytes.sample(x, y, grey ? 0 : 2 - c);
                }
                if (pixelBytes == 4) {
                    row[to++] = (byte) bytes.sample(x, y, bytes.channels() - 1);
                }
            }
            out.write(row);
        }
    }

    @Override
    public void finish() throws IOException {
        byte[] icc = layout.metadata().icc();
        if (icc != null) {
            out.write(icc);
        }
    }

    private void head() throws IOException {
        byte[] icc = layout.metadata().icc();
        int palette = pixelBytes == 1 ? 1024 : 0;
        int pixels = row.length * layout.height();
        int profile = icc == null ? 0 : icc.length;
        ByteBuffer head = ByteBuffer.allocate(14 + HEADER + palette).order(ByteOrder.LITTLE_ENDIAN);
        head.put((byte) 'B').put((byte) 'M').putInt(head.capacity() + pixels + profile);
        head.putInt(0).putInt(head.capacity());
        head.putInt(HEADER).putInt(layout.width()).putInt(-layout.height());
        head.putShort((short) 1).putShort((short) (pixelBytes * 8));
        head.putInt(pixelBytes == 4 ? 3 : 0).putInt(pixels).putInt(2835).putInt(2835);
        head.putInt(palette / 4).putInt(0);
        if (pixelBytes == 4) {
            head.putInt(0x00FF0000).putInt(0x0000FF00).putInt(0x000000FF).putInt(0xFF000000);
        }
        head.putInt(14 + 56, icc == null ? 0x73524742 : EMBEDDED); // "sRGB"
        head.putInt(14 + 112, icc == null ? 0 : HEADER + palette + pixels).putInt(14 + 116, profile);
        head.position(14 + HEADER);
        for (int i = 0; i < palette / 4; i++) {
            head.putInt(i * 0x010101);
        }
        out.write(head.array());
    }
}
