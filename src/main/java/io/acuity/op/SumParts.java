package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import org.jspecify.annotations.Nullable;

/**
 * Sums over many pixels that are formed in parts at a time and then added in the order of the parts, first those of each of 4
 * slices, so that their bits depend on shapes alone: {@code to (+)= scale * sum over parts}. Each part holds {@code count} numbers of one result and {@code rest} of a
 * second, as the gradients of a convolution's weight and bias.
 */
public final class SumParts {
    private static final Kernel SUM = new Kernel("sum_parts");

    /** Blocks of threads that a launch should have: enough for two on each multiprocessor of a large GPU. */
    private static final long BLOCKS = 256;

    /** Steps that a part should have at least, so that forming it costs more than adding it. */
    private static final long STEPS = 4;

    /** As {@code kernels/include/slices.cuh}. */
    private static final int SLICES = 4;

    /** Forms the parts, float[parts][count + rest]. */
    @FunctionalInterface
    public interface Parts {
        void form(Buffer partial, int parts);
    }

    private SumParts() {}

    /**
     * Into how many parts a sum is divided, by shapes alone.
     *
     * @param steps of which the sum consists
     * @param blocks blocks of threads that form one part
     */
    public static int parts(long steps, long blocks) {
        long wanted = (BLOCKS + blocks - 1) / blocks;
        long useful = (steps + STEPS - 1) / STEPS;
        return Math.toIntExact(Math.max(1, Math.min(wanted, useful)));
    }

    /** Into how many slices so many parts are taken together; each is summed in order, and then they are. */
    static int slices(int parts) {
        return Math.min(parts, SLICES);
    }

    /**
     * Forms the parts in scratch memory and adds them.
     *
     * @param second where the {@code rest} sums go, or null
     */
    public static void apply(
            Tape tape,
            int parts,
            Parts forming,
            Buffer first,
            long count,
            @Nullable Buffer second,
            int rest,
            float scale,
            int accumulate) {
        if (parts < 1 || count < 0 || rest < 0) {
            throw new IllegalArgumentException("sum_parts: want at least 1 part of no negative length, have " + parts
                    + " of " + count + " and " + rest);
        }
        Buffer partial = tape.take(Math.multiplyExact((long) parts * Float.BYTES, count + rest));
        forming.form(partial, parts);
        tape.launch(SUM, Grid.cover(count + rest), partial, first, second, count, rest, parts, scale, accumulate);
        tape.give(partial);
    }
}
