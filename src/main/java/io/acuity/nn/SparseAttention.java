package io.acuity.nn;

import io.acuity.device.Buffer;
import io.acuity.op.BucketMerge;
import io.acuity.op.BucketSort;
import io.acuity.op.ChunkAttention;
import io.acuity.op.GatherRows;
import io.acuity.op.Region;
import io.acuity.op.RowNormalize;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * NLSN's non-local sparse attention (Mei et al., CVPR 2021): each pixel attends to those that hash to its bucket and those
 * sorted beside. The hash's random rotations come from the seed and this layer's number, so a result is reproducible; the
 * published code draws them anew at every pass, in training and in tests alike.
 */
public final class SparseAttention {
    private static final float FLOOR = 5e-5f;

    /**
     * How it attends.
     *
     * @param rounds independent hashes
     * @param chunk pixels in a chunk
     * @param scale of what attention adds
     */
    public record Options(int rounds, int chunk, float scale) {
        public Options {
            if (rounds < 1 || chunk < 1) {
                throw new IllegalArgumentException("sparse attention: want at least 1 round and 1 pixel a chunk, have "
                        + rounds + " and " + chunk);
            }
        }
    }

    private final Conv match;
    private final PointConv assembly;
    private final Options options;
    private final int depth;
    private final long seed;
    private final long layer;

    private SparseAttention(Conv match, PointConv assembly, Options options, int depth, long seed, long layer) {
        this.match = match;
        this.assembly = assembly;
        this.options = options;
        this.depth = depth;
        this.seed = seed;
        this.layer = layer;
    }

    /**
     * Declares {@code <name>.conv_match.0} (F to F / reduction) and {@code <name>.conv_assembly.0} (1x1, F to F).
     *
     * @param seed of the rotations
     * @param layer tells this layer's rotations from others'
     */
    public static SparseAttention declare(
            ParameterSet set,
            String name,
            int features,
            int reduction,
            Options options,
            Random random,
            long seed,
            long layer) {
        int depth = features / reduction;
        Conv match = Conv.declare(set, name + ".conv_match.0", features, depth, random);
        PointConv assembly = PointConv.declare(set, name + ".conv_assembly.0", features, features, random);
        return new SparseAttention(match, assembly, options, depth, seed, layer);
    }

    /** The rotations for so many positions: depth x (rounds * buckets / 2) normal numbers, row-major. */
    public static float[] rotations(int depth, int rounds, int buckets, long seed, long layer) {
        // streams below 2^32 belong to weights and training steps
        Random random = Random.of(seed, (1L << 40) + (layer << 16) + buckets);
        float[] values = new float[depth * rounds * (buckets / 2)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** [N, F, H, W] to the same shape; x is not freed. */
    public Tensor apply(Tape tape, Tensor x) {
        Tensor matched = match.apply(tape, x);
        Tensor assembled = assembly.apply(tape, x);
        BucketSort.Sorted sorted = sort(tape, matched);
        Tensor normal = RowNormalize.apply(tape, matched, FLOOR);
        int groups = sorted.groups();
        Tensor all = GatherRows.apply(tape, matched, sorted.layout(), groups, sorted.places());
        Tensor queries = Region.cut(tape, all, new Region.Rectangle(0, options.chunk(), groups, sorted.padded()));
        tape.done(all);
        tape.done(matched);
        Tensor keys = GatherRows.apply(tape, normal, sorted.layout(), groups, sorted.places());
        tape.done(normal);
        Tensor values = GatherRows.apply(tape, assembled, sorted.layout(), groups, sorted.places());
        tape.done(assembled);
        ChunkAttention.Attended attended = ChunkAttention.apply(tape, queries, keys, values, options.chunk());
        tape.done(queries);
        tape.done(keys);
        tape.done(values);
        Tensor y = BucketMerge.apply(tape, x, attended.values(), attended.totals(), sorted, options.scale());
        tape.done(attended.values());
        tape.done(attended.totals());
        if (!tape.isRecording()) {
            sorted.give(tape);
        }
        return y;
    }

    private BucketSort.Sorted sort(Tape tape, Tensor matched) {
        int length = matched.shape().h() * matched.shape().w();
        int buckets = BucketSort.buckets(length, options.chunk());
        float[] values = rotations(depth, options.rounds(), buckets, seed, layer);
        Buffer rotations =
                tape.feed((long) values.length * Float.BYTES, memory -> memory.copyFrom(MemorySegment.ofArray(values)));
        BucketSort.Sorted sorted = BucketSort.sort(tape, matched, rotations, options.rounds(), options.chunk());
        return sorted;
    }
}
