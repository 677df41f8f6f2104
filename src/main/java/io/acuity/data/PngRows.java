package io.acuity.data;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** The rows of a PNG file as stored, inflated and unfiltered, one after the other. */
final class PngRows implements AutoCloseable {
    private final Source source;
    private final DataInputStream in;
    private final Inflater inflater = new Inflater();
    private final CRC32 crc = new CRC32();
    private final byte[] packed = new byte[1 << 16];
    private final int pixelBytes;
    private int left; // bytes of the present IDAT chunk that are still to be read
    private boolean ended; // a chunk other than IDAT has come

    PngRows(Source source, PngInfo info) throws IOException {
        this.source = source;
        this.pixelBytes = Math.max(1, info.storedBits() / 8);
        this.in = new DataInputStream(source.at(info.data()));
        nextChunk();
    }

    /** Reads a row of {@code length} bytes into {@code row}; {@code above} is the row before, zeros at first. */
    void read(byte[] row, byte[] above, int length) throws IOException {
        try {
            byte[] filter = new byte[1];
            inflate(filter, 1);
            inflate(row, length);
            unfilter(filter[0], row, above, length);
        } catch (EOFException e) {
            throw PngInfo.truncated(source, e);
        }
    }

    /** Reads what is left of the picture data; throws when its check sums are wrong. */
    void finish() throws IOException {
        try {
            byte[] rest = new byte[1];
            while (!inflater.finished()) {
                int n = inflater.inflate(rest);
                if (n > 0) {
                    break; // more rows than the header says: libpng shows such a picture too
                }
                if (!inflater.finished() && inflater.needsInput() && !feed()) {
                    throw PngInfo.truncated(source, null);
                }
            }
            while (!ended) {
                skipChunk();
            }
        } catch (EOFException e) {
            throw PngInfo.truncated(source, e);
        } catch (DataFormatException e) {
            throw damaged(e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }

    private void inflate(byte[] into, int length) throws IOException {
        try {
            for (int done = 0; done < length; ) {
                int n = inflater.inflate(into, done, length - done);
                done += n;
                if (n == 0) {
                    if (inflater.finished() || inflater.needsDictionary() || !feed()) {
                        throw damaged("its data end before its last row");
                    }
                }
            }
        } catch (DataFormatException e) {
            throw damaged(e.getMessage());
        }
    }

    private boolean feed() throws IOException {
        while (left == 0 && !ended) {
            checkSum();
            nextChunk();
        }
        if (ended) {
            return false;
        }
        int n = in.read(packed, 0, Math.min(left, packed.length));
        if (n < 0) {
            throw new EOFException();
        }
        crc.update(packed, 0, n);
        left -= n;
        inflater.setInput(packed, 0, n);
        return true;
    }

    private void skipChunk() throws IOException {
        while (left > 0) {
            int n = in.read(packed, 0, Math.min(left, packed.length));
            if (n < 0) {
                throw new EOFException();
            }
            crc.update(packed, 0, n);
            left -= n;
        }
        checkSum();
        nextChunk();
    }

    private void checkSum() throws IOException {
        if (in.readInt() != (int) crc.getValue()) {
            throw damaged("the check sum of its picture data is wrong");
        }
    }

    private void nextChunk() throws IOException {
        left = in.readInt();
        byte[] type = in.readNBytes(4);
        ended = !new String(type, StandardCharsets.ISO_8859_1).equals("IDAT");
        crc.reset();
        crc.update(type);
    }

    private void unfilter(int filter, byte[] row, byte[] above, int length) {
        int b = pixelBytes;
        switch (filter) {
            case 0 -> {}
            case 1 -> {
                for (int i = b; i < length; i++) {
                    row[i] += row[i - b];
                }
            }
            case 2 -> {
                for (int i = 0; i < length; i++) {
                    row[i] += above[i];
                }
            }
            case 3 -> {
                for (int i = 0; i < length; i++) {
                    int before = i < b ? 0 : row[i - b] & 0xFF;
                    row[i] += (byte) ((before + (above[i] & 0xFF)) >> 1);
                }
            }
            case 4 -> {
                for (int i = 0; i < Math.min(b, length); i++) {
                    row[i] += above[i];
                }
                for (int i = b; i < length; i++) {
                    row[i] += (byte) paeth(row[i - b] & 0xFF, above[i] & 0xFF, above[i - b] & 0xFF);
                }
            }
            default -> throw damaged("a row has the unknown filter " + (filter & 0xFF));
        }
    }

    /** PNG's predictor: whichever of left, above and above-left is nearest to left + above - above-left. */
    static int paeth(int left, int above, int corner) {
        int toLeft = Math.abs(above - corner);
        int toAbove = Math.abs(left - corner);
        int toCorner = Math.abs(left + above - 2 * corner);
        if (toLeft <= toAbove && toLeft <= toCorner) {
            return left;
        }
        return toAbove <= toCorner ? above : corner;
    }

    private ImageException damaged(@Nullable String why) {
        return new ImageException(source.name(), "this PNG is damaged: " + why);
    }
}
