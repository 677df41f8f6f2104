package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a convolution's weight and bias on tensor cores: sums over pixels that are formed in parts
 * ({@code kernels/include/weight_gradient.cuh}).
 *
 * @param x shape of the input
 * @param out outputs of the convolution
 * @param numbers of the result at a pixel, with those that fill up blocks of channels
 * @param side of the window
 * @param stride 1 or 2
 */
record WeightGradient(Shape x, int out, int numbers, int side, int stride) {
    private static final int TILE_COLUMNS = 16;
    private static final int BLOCK_NUMBERS = 64;
    private static final int BLOCK_CHANNELS = 16;

    /** Where gradients go: (+)= scale * sum. */
    record Target(Buffer weight, @Nullable Buffer bias, float scale, int accumulate) {}

    private static long parts(long whole, long part) {
        return (whole + part - 1) / part;
    }

    /** Blocks of threads that form one part. */
    long blocks() {
        return parts(numbers, BLOCK_NUMBERS) * parts(x.c(), BLOCK_CHANNELS);
    }

    /** Into how many parts the pixels are divided. */
    int parts() {
        int rows = stride == 1 ? 8 : 4; // of a tile of results
        long tiles = x.n() * parts(parts(x.h(), stride), rows) * parts(parts(x.w(), stride), TILE_COLUMNS);
        return SumParts.parts(tiles, blocks());
    }

    /** Numbers of the weight. */
    long count() {
        return (long) out * x.c() * side * side;
    }

    /**
     * Forms them for one layer.
     *
     * @param more what the kernel takes between the sizes and the number of parts: a shuffle, a normalisation
     */
    void form(Tape tape, Kernel kernel, Buffer input, Buffer dy, List<?> more, Target to) {
        int parts = parts();
        SumParts.apply(
                tape,
                parts,
                (partial, _) -> {
                    List<Object> arguments =
                            new ArrayList<>(List.of(input, dy, partial, x.n(), x.h(), x.w(), x.c(), out));
                    arguments.addAll(more);
                    arguments.add(parts);
                    tape.launch(kernel, Grid.cover(numbers, x.c(), parts), arguments.toArray());
                },
                to.weight(),
                count(),
                to.bias(),
                out,
                to.scale(),
                to.accumulate());
    }
}
