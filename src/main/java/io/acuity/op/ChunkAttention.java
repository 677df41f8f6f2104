package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Gemm;
import io.acuity.device.Gemm.Matrices;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * Attention within chunks: each chunk of queries attends to itself and to both its neighbours. Queries [1, D, G, chunks * chunk],
 * keys [1, D, G, (chunks + 2) * chunk] and values [1, C, ...] as {@link BucketSort.Sorted#layout} places them; the result [1, C, G,
 * chunks * chunk] = softmax(Q Kᵀ) V, and the logarithm of each query's sum of exp(Q Kᵀ).
 */
public final class ChunkAttention {
    private static final int NEIGHBOURS = 3;

    private ChunkAttention() {}

    /** Values, and the totals that weigh rounds against one another; both must be used in what is differentiated. */
    public record Attended(Tensor values, Tensor totals) {}

    /** Attends; without recording the scores of one group at a time are held. */
    public static Attended apply(Tape tape, Tensor queries, Tensor keys, Tensor values, int chunk) {
        Shape q = queries.shape();
        Shape v = values.shape();
        int groups = q.h();
        int chunks = q.w() / chunk;
        Shape key = new Shape(1, q.c(), groups, (chunks + 2) * chunk);
        if (q.w() % chunk != 0 || !keys.shape().equals(key) || v.w() != key.w() || v.h() != groups) {
            throw new IllegalArgumentException("chunk_attention: want keys " + key + " and values alike, have "
                    + keys.shape() + " and " + v + " for queries " + q);
        }
        Sizes sizes = new Sizes(tape.device(), groups, chunks, chunk, q.c(), v.c());
        Tensor y = tape.result(new Shape(1, v.c(), groups, q.w()), queries, keys, values);
        Tensor totals = tape.result(new Shape(1, 1, groups, q.w()), queries, keys, values);
        boolean keep = tape.isRecording();
        Buffer scores = tape.take((keep ? groups : 1) * sizes.scores() * Float.BYTES);
        for (int g = 0; g < groups; g++) {
            Buffer s = keep ? scores.slice(g * sizes.scores() * Float.BYTES, sizes.scores() * Float.BYTES) : scores;
            sizes.multiply(
                    false, true, sizes.queries(queries.data(), g), sizes.keys(keys.data(), g), sizes.square(s), 0);
            Softmax.forward(tape, s, s, sizes.rows(totals.data(), g), q.w(), NEIGHBOURS * chunk, 1f);
            sizes.multiply(
                    false, false, sizes.square(s), sizes.values(values.data(), g), sizes.results(y.data(), g), 0);
        }
        if (!keep) {
            tape.give(scores);
        }
        tape.record(y, dy -> backward(tape, sizes, queries, keys, values, scores, totals, dy));
        return new Attended(y, totals);
    }

    private static void backward(
            Tape tape,
            Sizes sizes,
            Tensor queries,
            Tensor keys,
            Tensor values,
            Buffer scores,
            Tensor totals,
            Buffer dy) {
        Buffer dtotals = totals.gradient();
        int width = NEIGHBOURS * sizes.chunk();
        long rows = (long) sizes.chunks() * sizes.chunk();
        long bytes = sizes.scores() * Float.BYTES;
        Buffer slopes = tape.take(sizes.groups() * bytes);
        for (int g = 0; g < sizes.groups(); g++) {
            Buffer slope = slopes.slice(g * bytes, bytes);
            Buffer share = scores.slice(g * bytes, bytes);
            sizes.multiply(false, true, sizes.results(dy, g), sizes.values(values.data(), g), sizes.square(slope), 0);
            Buffer total = dtotals == null ? null : sizes.rows(dtotals, g);
            Softmax.backward(tape, share, slope, total, slope, rows, width, 1f, 0);
        }
        tape.contribute(values, (dv, accumulate) -> {
            clear(tape, dv, accumulate);
            for (int g = 0; g < sizes.groups(); g++) {
                Buffer share = scores.slice(g * bytes, bytes);
                sizes.spread(sizes.square(share), sizes.results(dy, g), sizes.values(dv, g));
            }
        });
        tape.contribute(keys, (dk, accumulate) -> {
            clear(tape, dk, accumulate);
            for (int g = 0; g < sizes.groups(); g++) {
                Buffer slope = slopes.slice(g * bytes, bytes);
                sizes.spread(sizes.square(slope), sizes.queries(queries.data(), g), sizes.keys(dk, g));
            }
        });
        tape.contribute(queries, (dq, accumulate) -> {
            for (int g = 0; g < sizes.groups(); g++) {
                Buffer slope = slopes.slice(g * bytes, bytes);
                sizes.multiply(
                        false,
                        false,
                        sizes.square(slope),
                        sizes.keys(keys.data(), g),
                        sizes.queries(dq, g),
                        accumulate);
            }
        });
        tape.give(slopes);
    }

    private static void clear(Tape tape, Buffer gradient, int accumulate) {
        if (accumulate == 0) {
            tape.device().fill(gradient, 0);
        }
    }

    /** One batch operand: where it lies and how many columns it has. */
    private record Operand(Matrices matrices, int columns) {}

    /** Sizes, and the parts of one group as batches over its chunks. */
    private record Sizes(Device device, int groups, int chunks, int chunk, int depth, int width) {
        long scores() {
            return (long) chunks * chunk * NEIGHBOURS * chunk;
        }

        Operand square(Buffer scores) {
            int columns = NEIGHBOURS * chunk;
            return new Operand(new Matrices(scores, columns, (long) chunk * columns), columns);
        }

        Operand queries(Buffer data, int group) {
            return part(data, group, chunks, depth);
        }

        Operand results(Buffer data, int group) {
            return part(data, group, chunks, width);
        }

        Operand keys(Buffer data, int group) {
            return part(data, group, chunks + 2, depth);
        }

        Operand values(Buffer data, int group) {
            return part(data, group, chunks + 2, width);
        }

        /** One number for each query. */
        Buffer rows(Buffer data, int group) {
            long bytes = (long) chunks * chunk * Float.BYTES;
            return data.slice(group * bytes, bytes);
        }

        private Operand part(Buffer data, int group, int slots, int columns) {
            long step = (long) chunk * columns;
            long bytes = slots * step * Float.BYTES;
            return new Operand(new Matrices(data.slice(group * bytes, bytes), columns, step), columns);
        }

        /** c (+)= a b for each chunk. A batch of keys or values has three chunks in each matrix. */
        void multiply(boolean transposeA, boolean transposeB, Operand a, Operand b, Operand c, int accumulate) {
            int k = transposeB ? b.columns() : a.columns();
            device.gemm(new Gemm(
                    transposeA,
                    transposeB,
                    chunk,
                    c.columns(),
                    k,
                    1f,
                    a.matrices(),
                    b.matrices(),
                    accumulate,
                    c.matrices(),
                    chunks));
        }

        /**
         * c's chunk t + o += (a's columns of neighbour o)ᵀ b, for each chunk t: one neighbour after the other, so that no two
         * matrices of a batch overlap.
         */
        void spread(Operand a, Operand b, Operand c) {
            for (int o = 0; o < NEIGHBOURS; o++) {
                device.gemm(new Gemm(
                        true,
                        false,
                        chunk,
                        b.columns(),
                        chunk,
                        1f,
                        a.matrices().from((long) o * chunk),
                        b.matrices(),
                        1f,
                        c.matrices().from(o * c.matrices().step()),
                        chunks));
            }
        }
    }
}
