package io.acuity.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * PNG files, written while rows come. Rows are gathered into strips, which are filtered and deflated side by side on the
 * common pool and joined into one zlib stream; the bytes do not depend on the number of threads.
 */
final class PngWriter implements Encoder {
    private static final int STRIP_BYTES = 1 << 19;
    private static final int ADLER = 65521;

    private final OutputStream out;
    private final RowWriter.Layout layout;
    private final int rowBytes;
    private final int stripRows;
    private final int waiting = 2 * Runtime.getRuntime().availableProcessors();
    private final ArrayDeque<CompletableFuture<PngStrip.Deflated>> strips = new ArrayDeque<>();
    private byte[] strip = new byte[0]; // room is made when the first rows come, which may be long after
    private byte[] above = new byte[0]; // the last row of the strip before
    private int filled; // rows in the strip
    private int taken; // rows in all strips
    private long adler = 1;

    PngWriter(OutputStream out, RowWriter.Layout layout) {
        this.out = out;
        this.layout = layout;
        this.rowBytes = Math.toIntExact((long) layout.width() * layout.channels() * layout.bitDepth() / 8);
        this.stripRows = Math.min(layout.height(), Math.max(1, STRIP_BYTES / rowBytes));
    }

    @Override
    public void write(Image band) throws IOException {
        if (taken == 0 && filled == 0) {
            head();
            strip = new byte[stripRows * rowBytes];
            above = new byte[rowBytes];
        }
        for (int y = 0; y < band.height(); y++) {
            store(band, y);
            filled++;
            if (filled == stripRows || taken + filled == layout.height()) {
                submit();
            }
        }
    }

    @Override
    public void finish() throws IOException {
        while (!strips.isEmpty()) {
            emit();
        }
        chunk("IEND", new byte[0]);
    }

    @Override
    public void release() {
        strips.forEach(s -> s.cancel(false));
    }

    private void store(Image band, int y) {
        int samples = layout.width() * layout.channels();
        if (layout.bitDepth() == 8) {
            System.arraycopy(band.bytes(), y * samples, strip, filled * rowBytes, rowBytes);
        } else {
            ByteBuffer.wrap(strip, filled * rowBytes, rowBytes)
                    .asShortBuffer()
                    .put(band.shorts(), y * samples, samples);
        }
    }

    private void submit() throws IOException {
        int pixelBytes = layout.channels() * layout.bitDepth() / 8;
        taken += filled;
        PngStrip job = new PngStrip(strip, above, filled, rowBytes, pixelBytes, taken == layout.height());
        strips.add(CompletableFuture.supplyAsync(job::deflate));
        above = new byte[rowBytes];
        System.arraycopy(strip, (filled - 1) * rowBytes, above, 0, rowBytes);
        strip = taken == layout.height() ? new byte[0] : new byte[stripRows * rowBytes];
        filled = 0;
        if (strips.size() >= waiting) {
            emit();
        }
    }

    private void emit() throws IOException {
        PngStrip.Deflated done;
        try {
            done = strips.remove().join();
        } catch (CompletionException e) {
            throw new IOException("a strip could not be deflated", e);
        }
        adler = combine(adler, done.adler(), done.length());
        byte[] data = done.data();
        if (done.last()) {
            data = ByteBuffer.allocate(data.length + 4)
                    .put(data)
                    .putInt((int) adler)
                    .array();
        }
        chunk("IDAT", data);
    }

    private void head() throws IOException {
        out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        int colourType = new int[] {0, 0, 4, 2, 6}[layout.channels()];
        chunk(
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(layout.width())
                        .putInt(layout.height())
                        .put((byte) layout.bitDepth())
                        .put((byte) colourType)
                        .array());
        Metadata metadata = layout.metadata();
        if (metadata.icc() != null) {
            chunk("iCCP", joined("icc\0\0", deflated(metadata.icc())));
        }
        for (Metadata.PngChunk chunk : metadata.chunks()) {
            chunk(chunk.type(), chunk.data());
        }
        if (metadata.exif() != null) {
            chunk("eXIf", metadata.exif());
        }
        if (metadata.xmp() != null) {
            chunk("iTXt", joined("XML:com.adobe.xmp\0\0\0\0\0", metadata.xmp()));
        }
        chunk("IDAT", new byte[] {0x78, (byte) 0x9C}); // the zlib header, before the strips
    }

    private void chunk(String type, byte[] data) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        out.write(ByteBuffer.allocate(8).putInt(data.length).put(name).array());
        out.write(data);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private static byte[] joined(String head, byte[] data) {
        byte[] start = head.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(start.length + data.length)
                .put(start)
                .put(data)
                .array();
    }

    private static byte[] deflated(byte[] data) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try (DeflaterOutputStream to = new DeflaterOutputStream(bytes, deflater)) {
            to.write(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            deflater.end();
        }
        return bytes.toByteArray();
    }

    /** The Adler-32 sum of two pieces of data one after the other, as zlib's adler32_combine computes it. */
    static long combine(long first, long second, long secondLength) {
        long length = secondLength % ADLER;
        long a = (first & 0xFFFF) + (second & 0xFFFF) + ADLER - 1;
        long b = length * (first & 0xFFFF) % ADLER + (first >>> 16) + (second >>> 16) + ADLER - length;
        return b % ADLER << 16 | a % ADLER;
    }
}
