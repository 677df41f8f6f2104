package io.acuity.tensor;

import java.util.function.Supplier;

/**
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A number
 * is a pure function of seed, stream and position, so any step can be drawn again, on any device, in any order.
 */
public final class Random {
    private static final int MULTIPLIER_0 = 0xD2511F53;
    private static final int MULTIPLIER_1 = 0xCD9E8D57;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;

    private final long seed;
    private final long stream;
    private long block;
    private final int[] words = new int[4];
    private int used = 4;

    private Random(long seed, long stream) {
        this.seed = seed;
        this.stream = stream;
    }

    /** The numbers of one stream (for instance, one training step) from the first on. */
    public static Random of(long seed, long stream) {
        return new Random(seed, stream);
    }

    /** Four words for a 128-bit counter {@code c0..c3} and a 64-bit key {@code k0, k1}. */
    static void philox(int c0, int c1, int c2, int c3, int k0, int k1, int[] out) {
        int a = c0;
        int b = c1;
        int c = c2;
        int d = c3;
        int x = k0;
        int y = k1;
        for (int round = 0; round < 10; round++) {
            long p = (MULTIPLIER_0 & 0xffffffffL) * (a & 0xffffffffL);
            long q = (MULTIPLIER_1 & 0xffffffffL) * (c & 0xffffffffL);
            int na = (int) (q >>> 32) ^ b ^ x;
            int nc = (int) (p >>> 32) ^ d ^ y;
            b = (int) q;
            d = (int) p;
            a = na;
            c = nc;
            x += WEYL_0;
            y += WEYL_1;
        }
        out[0] = a;
        out[1] = b;
        out[2] = c;
        out[3] = d;
    }

    /** Uniform over all ints. */
    public int nextInt() {
        if (used == 4) {
            philox(
                    (int) block,
                    (int) (block >>> 32),
                    (int) stream,
                    (int) (stream >>> 32),
                    (int) seed,
                    (int) (seed >>> 32),
                    words);
            block++;
            used = 0;
        }
        return words[used++];
    }

    /** Uniform over 0 .. bound-1, without bias worth speaking of (2^-32 * bound). */
    public int nextInt(int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("bound: want at least 1, have " + bound);
        }
        return (int) (((nextInt() & 0xffffffffL) * bound) >>> 32);
    }

    /** Uniform over 0 .. bound-1, without bias worth speaking of (2^-64 * bound). */
    public long nextLong(long bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("bound: want at least 1, have " + bound);
        }
        long word = ((long) nextInt() << 32) | (nextInt() & 0xffffffffL);
        return Math.unsignedMultiplyHigh(word, bound);
    }

    /** Uniform in [0, 1) with 24 bits. */
    public float nextFloat() {
        return (nextInt() >>> 8) * 0x1p-24f;
    }

    /** So many numbers, uniform in [-bound, bound). */
    public float[] uniform(int count, float bound) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (2 * nextFloat() - 1) * bound;
        }
        return values;
    }

    /** {@link #uniform} put off: the same numbers, drawn each time they are asked for; this stream goes on behind them. */
    public Supplier<float[]> later(int count, float bound) {
        long first = 4 * block - 4 + used;
        at(first + count);
        return () -> {
            Random same = new Random(seed, stream);
            same.at(first);
            return same.uniform(count, bound);
        };
    }

    /** Goes to the word {@code position} of the stream. */
    private void at(long position) {
        block = position >> 2;
        used = 4;
        for (long i = position & 3; i > 0; i--) {
            nextInt();
        }
    }

    /** Uniform in [0, 1) with 53 bits. */
    public double nextDouble() {
        long word = ((long) (nextInt() >>> 5) << 26) | (nextInt() >>> 6);
        return word * 0x1p-53;
    }

    /** Normal with mean 0 and deviation 1, by Box and Muller. */
    public double nextGaussian() {
        double u = 1 - nextDouble();
        double v = nextDouble();
        return Math.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * Math.PI * v);
    }
}
