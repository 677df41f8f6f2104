package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.nn.ResidualBlock;
import io.acuity.nn.SparseAttention;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
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
public final class Nlsn implements Network {
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
    private final ParameterSet parameters;
    private final Frame frame;
    private final Conv head;
    /** Each takes a tensor that is not used again. */
    private final List<BiFunction<Tape, Tensor, Tensor>> stages = new ArrayList<>();

    private final SparseAttention first;
    private final Conv bodyEnd;
    private final LinearTail tail;

    private Nlsn(Options options, ParameterSet parameters, long seed) {
        this.options = options;
        this.parameters = parameters;
        frame = new Frame(options.range());
        Random random = Random.of(seed, 0);
        int f = options.features();
        head = Conv.declare(parameters, "head.0", 3, f, random);
        first = attention(0, random);
        int k = 1;
        for (int b = 1; b <= options.blocks(); b++) {
            ResidualBlock block = ResidualBlock.declare(parameters, "body." + k++, f, options.residualScale(), random);
            stages.add(block::consume);
            if (b % options.interval() == 0) {
                SparseAttention attention = attention(k++, random);
                stages.add((tape, x) -> {
                    Tensor y = attention.apply(tape, x);
                    tape.done(x);
                    return y;
                });
            }
        }
        bodyEnd = Conv.declare(parameters, "body." + k, f, f, random);
        tail = LinearTail.declare(parameters, f, options.scale(), random);
    }

    private SparseAttention attention(int k, Random random) {
        return SparseAttention.declare(
                parameters,
                "body." + k,
                options.features(),
                REDUCTION,
                new SparseAttention.Options(options.rounds(), options.chunk(), options.residualScale()),
                random,
                HASH_SEED,
                k);
    }

    /** A network on a device, started from {@code seed}; the hashes' rotations do not depend on it. */
    public static Nlsn create(Device device, Options options, long seed) {
        ParameterSet parameters = new ParameterSet();
        Nlsn network = new Nlsn(options, parameters, seed);
        parameters.allocate(device);
        return network;
    }

    @Override
    public Nlsn collapse(boolean on) {
        tail.collapse(on);
        return this;
    }

    @Override
    public Tensor forward(Tape tape, Tensor lr) {
        Tensor x = frame.enter(tape, lr);
        Tensor h = head.apply(tape, x);
        tape.done(x);
        Tensor now = first.apply(tape, h);
        for (BiFunction<Tape, Tensor, Tensor> stage : stages) {
            now = stage.apply(tape, now);
        }
        Tensor body = bodyEnd.onto(tape, now, h, 1f);
        tape.done(now);
        Tensor rgb = tail.apply(tape, body);
        tape.done(body);
        return frame.leave(tape, rgb);
    }

    @Override
    public int scale() {
        return options.scale();
    }

    @Override
    public boolean tilesExactly() {
        return false;
    }

    @Override
    public int reach() {
        return Edsr.TILE * (2 * options.blocks() + 6);
    }

    @Override
    public int grid() {
        return Edsr.TILE;
    }

    /** Long skip and running tensor; in an attention gathered queries, keys, values, results of all rounds, scores of one. */
    @Override
    public long workingBytes(long pixels) {
        long f = options.features();
        long round = 2 * f / REDUCTION + 2 * f + 4;
        long numbers = 4 * f + options.rounds() * round + 3L * options.chunk();
        return pixels * Float.BYTES * Math.max(numbers, tail.width());
    }

    @Override
    public ParameterSet parameters() {
        return parameters;
    }

    @Override
    public float range() {
        return options.range();
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
