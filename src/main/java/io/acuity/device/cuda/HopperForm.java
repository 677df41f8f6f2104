package io.acuity.device.cuda;

import org.jspecify.annotations.Nullable;

/**
 * Kernels that have a second form for compute capability 9.0, in {@code kernels/sm90}: the same arguments, layouts and results, another
 * grid, and only for the shapes that {@link #fits} takes. Its function is called as the kernel with {@code _sm90} after it.
 */
enum HopperForm {
    CONV3X3_FORWARD("conv3x3_forward_bf16", 5, true, 128, 108_576, 6, 24),
    CONV3X3_FORWARD_SUMS("conv3x3_forward_sums_bf16", 5, false, 128, 108_576, 6, 24),
    CONV3X3_BACKWARD_INPUT("conv3x3_backward_input_bf16", 4, true, 128, 108_576, 6, 24),
    CONV3X3_BACKWARD_INPUT_SKIP("conv3x3_backward_input_skip_bf16", 5, true, 128, 108_576, 6, 24),
    CONV3X3_BACKWARD_INPUT_PRODUCT("conv3x3_backward_input_product_bf16", 6, false, 128, 108_576, 6, 24),
    /** One block for each part, which the last argument counts. */
    CONV3X3_BACKWARD_WEIGHT("conv3x3_backward_weight_bf16", 3, true, 384, 157_728, 0, 0);

    /** The capability that runs them, and no other does: sm_90a. */
    static final int CAPABILITY = 90;
    /** The file with their code. */
    static final String FILE = "conv3x3_sm90";

    private static final int CHANNELS = 64;
    private static final int BLOCKS_AT_ONCE = 2;

    private final String kernel;
    private final String function;
    private final int sizes;
    private final boolean shuffles;
    private final int threads;
    private final int shared;
    private final int rows;
    private final int columns;

    /**
     * @param sizes the place among the arguments of n, from where h, w, in and out follow
     * @param shuffles whether a shuffle follows those
     * @param threads of a block
     * @param shared bytes of dynamic shared memory of a block
     * @param rows of pixels of a tile; 0 if blocks are counted by the last argument
     * @param columns of a tile
     */
    HopperForm(String kernel, int sizes, boolean shuffles, int threads, int shared, int rows, int columns) {
        this.kernel = kernel;
        function = kernel + "_sm90";
        this.sizes = sizes;
        this.shuffles = shuffles;
        this.threads = threads;
        this.shared = shared;
        this.rows = rows;
        this.columns = columns;
    }

    /** The form of a kernel, or null if it has none. */
    static @Nullable HopperForm of(String kernel) {
        for (HopperForm form : values()) {
            if (form.kernel.equals(kernel)) {
                return form;
            }
        }
        return null;
    }

    String function() {
        return function;
    }

    int threads() {
        return threads;
    }

    int shared() {
        return shared;
    }

    /** Whether it does a launch with these arguments, which are the kernel's: 64 channels on both sides, no shuffle. */
    boolean fits(@Nullable Object... arguments) {
        return number(sizes + 3, arguments) == CHANNELS
                && number(sizes + 4, arguments) == CHANNELS
                && (!shuffles || number(sizes + 5, arguments) == 1);
    }

    /** Blocks of a launch on a GPU of so many processors: each block takes tiles in turn, two of them share a processor. */
    int blocks(int processors, @Nullable Object... arguments) {
        if (rows == 0) {
            return number(arguments.length - 1, arguments);
        }
        long tiles = (long) number(sizes, arguments)
                * ((number(sizes + 1, arguments) + rows - 1) / rows)
                * ((number(sizes + 2, arguments) + columns - 1) / columns);
        return (int) Math.min(tiles, (long) BLOCKS_AT_ONCE * processors);
    }

    private static int number(int place, @Nullable Object... arguments) {
        return arguments[place] instanceof Integer number ? number : 0;
    }
}
