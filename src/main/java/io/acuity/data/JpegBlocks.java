package io.acuity.data;

import java.io.IOException;
import java.io.OutputStream;

/** Turns blocks of 8x8 samples into the bits of a baseline JPEG scan: cosine transform, division, Huffman code. */
final class JpegBlocks {
    private static final float[] COSINES = cosines(); // [frequency, position], orthonormal

    private final OutputStream out;
    private final float[][] reciprocals = new float[2][64]; // luma, chroma
    private final float[] half = new float[64];
    private final int[] quantised = new int[64];
    private long bits;
    private int held; // how many of the low bits wait

    JpegBlocks(OutputStream out, int[] luma, int[] chroma) {
        this.out = out;
        for (int i = 0; i < 64; i++) {
            reciprocals[0][i] = 1f / luma[i];
            reciprocals[1][i] = 1f / chroma[i];
        }
    }

    /**
     * Codes one block.
     *
     * @param block [8, 8] samples less 128; changed
     * @param table 0 luma, 1 chroma
     * @param before the first coefficient of the component's block before
     * @return the first coefficient of this one
     */
    int encode(float[] block, int table, int before) throws IOException {
        transform(block, half);
        transform(half, block);
        float[] reciprocal = reciprocals[table];
        for (int i = 0; i < 64; i++) {
            int at = JpegTables.ZIGZAG[i];
            quantised[i] = Math.round(block[at] * reciprocal[at]);
        }
        JpegTables.Huffman first = table == 0 ? JpegTables.LUMA_FIRST : JpegTables.CHROMA_FIRST;
        JpegTables.Huffman rest = table == 0 ? JpegTables.LUMA_REST : JpegTables.CHROMA_REST;
        put(first, 0, quantised[0] - before);
        int zeros = 0;
        for (int i = 1; i < 64; i++) {
            if (quantised[i] == 0) {
                zeros++;
                continue;
            }
            for (; zeros > 15; zeros -= 16) {
                put(rest.code()[0xF0], rest.length()[0xF0]);
            }
            put(rest, zeros, Math.clamp(quantised[i], -1023, 1023));
            zeros = 0;
        }
        if (zeros > 0) {
            put(rest.code()[0], rest.length()[0]);
        }
        return quantised[0];
    }

    /** Fills the last byte with ones. */
    void finish() throws IOException {
        put(0x7F, 7);
    }

    /** A run of zeros and a value: the value's size in bits goes into the symbol, its bits follow. */
    private void put(JpegTables.Huffman table, int zeros, int value) throws IOException {
        int size = 32 - Integer.numberOfLeadingZeros(Math.abs(value));
        int symbol = zeros << 4 | size;
        put(table.code()[symbol], table.length()[symbol]);
        if (size > 0) {
            put(value < 0 ? value + (1 << size) - 1 : value, size);
        }
    }

    private void put(int code, int length) throws IOException {
        bits = bits << length | code;
        held += length;
        for (; held >= 8; held -= 8) {
            int octet = (int) (bits >> (held - 8)) & 0xFF;
            out.write(octet);
            if (octet == 0xFF) {
                out.write(0); // so that no marker appears within the data
            }
        }
    }

    /** to[u][y] = sum over x of cos[u][x] from[y][x]: one direction, transposed, so that twice makes both. */
    private static void transform(float[] from, float[] to) {
        for (int y = 0; y < 8; y++) {
            for (int u = 0; u < 8; u++) {
                float sum = 0;
                for (int x = 0; x < 8; x++) {
                    sum += COSINES[8 * u + x] * from[8 * y + x];
                }
                to[8 * u + y] = sum;
            }
        }
    }

    private static float[] cosines() {
        float[] table = new float[64];
        for (int u = 0; u < 8; u++) {
            for (int x = 0; x < 8; x++) {
                double scale = u == 0 ? Math.sqrt(0.125) : 0.5;
                table[8 * u + x] = (float) (scale * StrictMath.cos((2 * x + 1) * u * Math.PI / 16));
            }
        }
        return table;
    }
}
