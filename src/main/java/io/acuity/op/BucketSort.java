package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Gemm;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * Pixels sorted by the bucket that a random rotation puts them in (spherical locality-sensitive hashing, arXiv 2001.04451, 2), in
 * several independent rounds, and cut into chunks. The sort is stable, so results are reproducible. No gradient flows through it.
 */
public final class BucketSort {
    private static final Kernel CODES = new Kernel("bucket_sort_codes");
    private static final Kernel ORDER = new Kernel("bucket_sort_order");
    private static final Kernel LAYOUT = new Kernel("bucket_sort_layout");
    private static final int MOST_BUCKETS = 128;
    private static final int THREADS = 128;

    private BucketSort() {}

    /**
     * Where everything is; a group is one round of one image.
     *
     * @param order int32[groups][length], positions in sorted order
     * @param inverse int32[groups][length], sorted place of each position
     * @param layout int32[groups][(chunks + 2) * chunk], pixels of the batch chunk by chunk; the last chunk stands also before
     *     the first, the first also behind the last
     */
    public record Sorted(Buffer order, Buffer inverse, Buffer layout, int groups, int length, int chunk, int chunks) {
        /** Places of all chunks, padding included. */
        public int padded() {
            return chunks * chunk;
        }

        /** Places of one group in {@link #layout}. */
        public int places() {
            return (chunks + 2) * chunk;
        }

        /** Gives the memory back; only when nothing is to be differentiated. */
        public void give(Tape tape) {
            tape.give(order);
            tape.give(inverse);
            tape.give(layout);
        }
    }

    /** Buckets for so many positions: about one a chunk, an even number, 2 to 128. */
    public static int buckets(int length, int chunk) {
        int whole = length / chunk;
        return Math.clamp(whole + whole % 2, 2, MOST_BUCKETS);
    }

    /**
     * Sorts x [N, C, H, W].
     *
     * @param rotations C x (rounds * buckets / 2), row-major
     * @throws IllegalArgumentException if there are no rounds or the rotations do not fit
     */
    public static Sorted sort(Tape tape, Tensor x, Buffer rotations, int rounds, int chunk) {
        Shape s = x.shape();
        int length = s.h() * s.w();
        int buckets = buckets(length, chunk);
        int columns = rounds * buckets / 2;
        if (rounds < 1 || chunk < 1 || rotations.bytes() < (long) s.c() * columns * Float.BYTES) {
            throw new IllegalArgumentException("bucket_sort: want rounds, a chunk and rotations of " + s.c() + " x "
                    + columns + ", have " + rounds + ", " + chunk + " and " + rotations.bytes() / Float.BYTES
                    + " numbers");
        }
        Buffer projections = tape.take(s.pixels() * columns * Float.BYTES);
        tape.device()
                .gemm(new Gemm(
                        false,
                        false,
                        Math.toIntExact(s.pixels()),
                        columns,
                        s.c(),
                        1f,
                        new Gemm.Matrices(x.data(), s.c(), 0),
                        new Gemm.Matrices(rotations, columns, 0),
                        0f,
                        new Gemm.Matrices(projections, columns, 0),
                        1));
        int groups = s.n() * rounds;
        Buffer codes = tape.take((long) groups * length * Integer.BYTES);
        tape.launch(CODES, Grid.cover((long) groups * length), projections, codes, s.n(), length, rounds, buckets / 2);
        tape.give(projections);
        Sorted sorted = order(tape, codes, groups, rounds, length, buckets, chunk);
        tape.give(codes);
        return sorted;
    }

    /** Sorts by codes int32[groups][length], each below {@code buckets}. */
    static Sorted order(Tape tape, Buffer codes, int groups, int rounds, int length, int buckets, int chunk) {
        int chunks = (length + chunk - 1) / chunk;
        Buffer order = tape.take((long) groups * length * Integer.BYTES);
        Buffer inverse = tape.take((long) groups * length * Integer.BYTES);
        tape.launch(ORDER, Grid.cover((long) THREADS * groups), codes, order, inverse, groups, length, buckets);
        long places = (long) groups * (chunks + 2) * chunk;
        Buffer layout = tape.take(places * Integer.BYTES);
        tape.launch(LAYOUT, Grid.cover(places), order, layout, groups, rounds, length, chunk, chunks);
        return new Sorted(order, inverse, layout, groups, length, chunk, chunks);
    }
}
