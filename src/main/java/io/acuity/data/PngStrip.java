package io.acuity.data;

import java.util.Arrays;
import java.util.zip.Adler32;
import java.util.zip.Deflater;

/**
 * Some rows of a PNG picture: each is filtered by the filter whose result has the least sum of absolute values, then all
 * are deflated as a piece of a raw stream that ends at a byte.
 *
 * @param rows [count, rowBytes]
 * @param before the row above the first, zeros at the top of the picture
 * @param pixelBytes distance to the sample at the left
 * @param last whether the stream ends here
 */
@SuppressWarnings("ArrayRecordComponent") // handed from one thread to another, never compared
record PngStrip(byte[] rows, byte[] before, int count, int rowBytes, int pixelBytes, boolean last) {
    private static final int LEVEL =
            3; // on filtered rows as small as 5 and a third faster; 6 takes twice as long for 3 %

    /** A deflated strip with the Adler-32 sum and the length of what was deflated. */
    @SuppressWarnings("ArrayRecordComponent")
    record Deflated(byte[] data, long adler, long length, boolean last) {}

    Deflated deflate() {
        byte[] filtered = new byte[count * (rowBytes + 1)];
        byte[] above = before;
        byte[][] candidates = new byte[4][rowBytes];
        for (int y = 0; y < count; y++) {
            byte[] row = Arrays.copyOfRange(rows, y * rowBytes, (y + 1) * rowBytes);
            filter(row, above, candidates);
            int best = 0;
            long least = Long.MAX_VALUE;
            for (int f = 0; f < candidates.length; f++) {
                long sum = sum(candidates[f]);
                if (sum < least) {
                    least = sum;
                    best = f;
                }
            }
            filtered[y * (rowBytes + 1)] = (byte) (best + 1);
            System.arraycopy(candidates[best], 0, filtered, y * (rowBytes + 1) + 1, rowBytes);
            above = row;
        }
        Adler32 adler = new Adler32();
        adler.update(filtered);
        return new Deflated(pack(filtered), adler.getValue(), filtered.length, last);
    }

    private void filter(byte[] row, byte[] above, byte[][] into) {
        int b = pixelBytes;
        for (int i = 0; i < Math.min(b, rowBytes); i++) {
            into[0][i] = row[i];
            into[1][i] = (byte) (row[i] - above[i]);
            into[2][i] = (byte) (row[i] - ((above[i] & 0xFF) >> 1));
            into[3][i] = (byte) (row[i] - above[i]);
        }
        for (int i = b; i < rowBytes; i++) {
            into[0][i] = (byte) (row[i] - row[i - b]);
        }
        for (int i = b; i < rowBytes; i++) {
            into[1][i] = (byte) (row[i] - above[i]);
        }
        for (int i = b; i < rowBytes; i++) {
            into[2][i] = (byte) (row[i] - (((row[i - b] & 0xFF) + (above[i] & 0xFF)) >> 1));
        }
        for (int i = b; i < rowBytes; i++) {
            into[3][i] = (byte) (row[i] - PngRows.paeth(row[i - b] & 0xFF, above[i] & 0xFF, above[i - b] & 0xFF));
        }
    }

    private static long sum(byte[] bytes) {
        int sum = 0;
        for (byte b : bytes) {
            sum += Math.abs(b);
        }
        return sum;
    }

    private byte[] pack(byte[] filtered) {
        Deflater deflater = new Deflater(LEVEL, true);
        try {
            deflater.setInput(filtered);
            byte[] packed = new byte[filtered.length / 2 + 64];
            int length = 0;
            if (last) {
                deflater.finish();
            }
            int mode = last ? Deflater.NO_FLUSH : Deflater.SYNC_FLUSH;
            while (true) {
                int room = packed.length - length;
                int n = deflater.deflate(packed, length, room, mode);
                length += n;
                if (last ? deflater.finished() : n < room) {
                    return Arrays.copyOf(packed, length);
                }
                packed = Arrays.copyOf(packed, packed.length * 2);
            }
        } finally {
            deflater.end();
        }
    }
}
