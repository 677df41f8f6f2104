package io.acuity.tensor;

/**
 * How a copy of a convolution's weight [out, in, side, side] lies in bf16 for tensor cores ({@code kernels/include/fragments.cuh}):
 * matrices of 16 x 16 weights, of which each lane of a warp has 8, filled up with zeros to 64 rows and 16 columns a tap.
 *
 * @param side of the window
 * @param shuffle of the result; rows (or, backward, columns) go by its sub-positions
 * @param picture whether the result is a picture; else its channels at a sub-position are filled up to blocks of 8
 * @param backward whether rows are channels of the input, for the gradient of the input, and not numbers of the result
 */
public record Fragments(int side, int in, int out, int shuffle, boolean picture, boolean backward) {
    /** Rows and columns of one matrix. */
    public static final int MATRIX = 16;

    private static final int BLOCK = 8;
    private static final int ROWS = 64;
    private static final int SHARES_OF_ROWS = 128;
    private static final int SHARE_BYTES = 16;

    /** Channels of the result at a sub-position. */
    public int channels() {
        return out / (shuffle * shuffle);
    }

    /** Numbers of the result at a pixel of the input. */
    public int numbers() {
        return (picture ? channels() : (channels() + BLOCK - 1) / BLOCK * BLOCK) * shuffle * shuffle;
    }

    /** Shares of lanes: 8 weights each. */
    public long shares() {
        long rows = backward ? in : numbers();
        long columns = backward ? numbers() : in;
        return (rows + ROWS - 1) / ROWS * ((columns + MATRIX - 1) / MATRIX) * side * side * SHARES_OF_ROWS;
    }

    /** The copy's length. */
    public long bytes() {
        return shares() * SHARE_BYTES;
    }
}
