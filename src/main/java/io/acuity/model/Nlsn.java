package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.nn.ResidualBlock;
import io.acuity.nn.SparseAttention;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * NLSN (Mei et al., CVPR 2021, "Image Super-Resolution with Non-Local Sparse Attention"): EDSR's body with an attention before it
 * and after every few blocks. Names: head.0, body.{k}.conv_match.0, body.{k}.conv_assembly.0, body.{k}.body.0/.2, tail.
 */
public final class Nlsn extends SkipNetwork {
    private static final int REDUCTION = 4;

    /** The same for every network, so that a file gives the same pictures wherever it is opened. */
    static final long HASH_SEED = 0;

    /**
     * Residual blocks, from one attention to the next, features (divisible by 4), factor on each residual and attention, hash
     * rounds, pixels a chunk, peak value of the range inside, and scale 2, 3 or 4.
     */
    public record Options(
            int blocks,
            int interval,
            int features,
            float residualScale,
            int rounds,
            int chunk,
            float range,
            int scale) {
        public Options {
            if (blocks < 1 || interval < 1 || features < REDUCTION || features % REDUCTION != 0) {
                throw new IllegalArgumentException(
                        "nlsn: want at least 1 block, an interval, and features divisible by " + REDUCTION + ", have "
                                + blocks + ", " + interval + ", " + features);
            }
            if (!(residualScale > 0)) {
                throw new IllegalArgumentException("nlsn: want a positive residual scale, have " + residualScale);
            }
            if (scale < 2 || scale > 4) {
                throw new IllegalArgumentException("scale: want 2, 3 or 4, have " + scale);
            }
        }

        /** As published: 32 blocks of 256 features, an attention every 8, 4 rounds, chunks of 144. */
        public static Options published(int scale) {
            return new Options(32, 8, 256, 0.1f, 4, 144, 1f, scale);
        }
    }

    private final Options options;
    private final SparseAttention first;
    /** Each takes a tensor that is not used again. */
    private final List<BiFunction<Tape, Tensor, Tensor>> stages;

    private final Conv end;

    private Nlsn(
            Options options,
            SparseAttention first,
            List<BiFunction<Tape, Tensor, Tensor>> stages,
            Conv end,
            Ends ends) {
        super(ends);
        this.options = options;
        this.first = first;
        this.stages = stages;
        this.end = end;
    }

    /** A network on a device, started from {@code seed}; the hashes' rotations do not depend on it. */
    public static Nlsn create(Device device, Options options, long seed) {
        Draft draft = Draft.begin(options.features(), options.range(), options.scale(), seed);
        SparseAttention first = attention(draft, options, 0);
        List<BiFunction<Tape, Tensor, Tensor>> stages = new ArrayList<>();
        int k = 1;
        for (int b = 1; b <= options.blocks(); b++) {
            ResidualBlock block = ResidualBlock.declare(
                    draft.parameters(), "body." + k++, options.features(), options.residualScale(), draft.random());
            stages.add(block::consume);
            if (b % options.interval() == 0) {
                SparseAttention attention = attention(draft, options, k++);
                stages.add((tape, x) -> {
                    Tensor y = attention.apply(tape, x);
                    tape.done(x);
                    return y;
                });
            }
        }
        Conv end = draft.conv("body." + k);
        return new Nlsn(options, first, stages, end, draft.finish(device));
    }

    private static SparseAttention attention(Draft draft, Options options, int k) {
        return SparseAttention.declare(
                draft.parameters(),
                "body." + k,
                options.features(),
                REDUCTION,
                new SparseAttention.Options(options.rounds(), options.chunk(), options.residualScale()),
                draft.random(),
                HASH_SEED,
                k);
    }

    @Override
    Tensor body(Tape tape, Tensor h) {
        Tensor now = first.apply(tape, h);
        for (BiFunction<Tape, Tensor, Tensor> stage : stages) {
            now = stage.apply(tape, now);
        }
        Tensor body = end.onto(tape, now, h, 1f);
        tape.done(now);
        return body;
    }

    @Override
    int depth() {
        return 2 * options.blocks() + 4;
    }

    @Override
    public boolean tilesExactly() {
        return false;
    }

    /** Long skip and running tensor; in an attention gathered queries, keys, values, results of all rounds, scores of one. */
    @Override
    public long workingBytes(long pixels) {
        long f = options.features();
        long round = 2 * f / REDUCTION + 2 * f + 4;
        long numbers = 4 * f + options.rounds() * round + 3L * options.chunk();
        return pixels * Float.BYTES * Math.max(numbers, tailWidth());
    }

    @Override
    public String architecture() {
        return "nlsn";
    }

    @Override
    public Map<String, Object> hyperParameters() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("blocks", options.blocks());
        map.put("interval", options.interval());
        map.put("features", options.features());
        map.put("res_scale", options.residualScale());
        map.put("hashes", options.rounds());
        map.put("chunk", options.chunk());
        map.put("range", (int) options.range());
        return map;
    }
}
