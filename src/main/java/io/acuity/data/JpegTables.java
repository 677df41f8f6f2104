package io.acuity.data;

/** The tables of ITU-T T.81, annex K, which nearly every JPEG encoder uses. */
final class JpegTables {
    /** Natural position of each coefficient in zigzag order. */
    static final int[] ZIGZAG = {
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14,
        21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60,
        61, 54, 47, 55, 62, 63
    };

    private static final int[] LUMA = {
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
        51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
        120, 101, 72, 92, 95, 98, 112, 100, 103, 99
    };

    private static final int[] CHROMA = {
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99,
                99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                99, 99,
        99, 99, 99, 99
    };

    /** A Huffman table: how many codes there are of each length 1..16, the symbols, and code and length by symbol. */
    @SuppressWarnings("ArrayRecordComponent") // constants
    record Huffman(int[] counts, int[] symbols, int[] code, int[] length) {
        static Huffman of(int[] counts, int[] symbols) {
            int[] code = new int[256];
            int[] length = new int[256];
            int next = 0;
            for (int bits = 1, k = 0; bits <= 16; bits++, next <<= 1) {
                for (int i = 0; i < counts[bits - 1]; i++, k++) {
                    code[symbols[k]] = next++;
                    length[symbols[k]] = bits;
                }
            }
            return new Huffman(counts, symbols, code, length);
        }
    }

    private static final int[] FIRST = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

    static final Huffman LUMA_FIRST = Huffman.of(new int[] {0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0}, FIRST);
    static final Huffman CHROMA_FIRST = Huffman.of(new int[] {0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0}, FIRST);
    static final Huffman LUMA_REST = Huffman.of(
            new int[] {0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d},
            bytes("01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728"
                    + "292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a8384858687"
                    + "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8"
                    + "d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"));
    static final Huffman CHROMA_REST = Huffman.of(
            new int[] {0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77},
            bytes("000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a26"
                    + "2728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485"
                    + "868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6"
                    + "d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"));

    private JpegTables() {}

    /** Divisors in natural order for a quality of 1..100, by the rule of the Independent JPEG Group. */
    static int[] divisors(boolean luma, int quality) {
        int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
        int[] scaled = new int[64];
        for (int i = 0; i < 64; i++) {
            scaled[i] = Math.clamp(((luma ? LUMA : CHROMA)[i] * percent + 50) / 100, 1, 255);
        }
        return scaled;
    }

    private static int[] bytes(String hex) {
        int[] bytes = new int[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return bytes;
    }
}
