package io.acuity.device;

import java.util.Locale;

/**
 * A number mode, with its layout of a tensor [N, C, H, W] in memory. Kernels alone know the layout; the host needs sizes only.
 */
public enum Precision {
    /** 32-bit floats as [N][H][W][C]. */
    FP32,
    /**
     * bfloat16 numbers as [N][C/8][H][W][8]: blocks of 8 channels, those beyond C zero. For feature maps and their gradients alone: sums
     * are formed in fp32, and pictures, parameters and their gradients, losses and statistics stay in {@link #FP32}.
     */
    BF16;

    /** Channels of a block in {@link #BF16}. */
    public static final int BLOCK = 8;

    /** Numbers that a tensor takes in memory, including those that fill up blocks. */
    public long stored(long n, long c, long h, long w) {
        long channels = this == FP32 ? c : (c + BLOCK - 1) / BLOCK * BLOCK;
        return Math.multiplyExact(Math.multiplyExact(n, channels), Math.multiplyExact(h, w));
    }

    /** Bytes of one number. */
    public int bytes() {
        return this == FP32 ? Float.BYTES : Short.BYTES;
    }

    /** The name in messages: {@code fp32}, {@code bf16}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
