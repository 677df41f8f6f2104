package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;

/**
 * Memory for sums of each channel over tiles of pixels that a convolution in bf16 leaves along with its result: {@code
 * kernels/include/tile_sums.cuh}. How many tiles there are is known to the kernel's form alone, so there is room for those of all.
 */
final class TileSums {
    private TileSums() {}

    /** Tiles of an image at most: 8 x 16 pixels in the form for every GPU, 6 x 24 in that for Hopper. */
    static long most(int h, int w) {
        return Math.max(tiles(h, 8) * tiles(w, 16), tiles(h, 6) * tiles(w, 24));
    }

    private static long tiles(int whole, int tile) {
        return (whole + tile - 1L) / tile;
    }

    /** Scratch memory for the sums of a tensor, a row of channels for each tile behind one that counts them. */
    static Buffer take(Tape tape, Shape s) {
        long rows = 1 + s.n() * most(s.h(), s.w());
        return tape.take(Math.multiplyExact(rows * Float.BYTES, (long) s.c()));
    }
}
