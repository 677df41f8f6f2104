package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.nn.ResidualBlock;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * EDSR (Lim et al., arXiv 1707.02921): head, residual blocks, long skip, upsampling tail; no batch norm. State-dict names are
 * those of EDSR-PyTorch: head.0, body.{i}.body.0/.2, body.{n}, tail.0.0, tail.0.2, tail.1.
 */
public final class Edsr implements Network {
    private static final Frame FRAME = new Frame(1f);

    /** Winograd tiles of 4 x 4 outputs mix their rounding, so each 3x3 convolution reaches 4 pixels in bits, 1 in effect. */
    static final int TILE = 4;

    /** Blocks, features, factor on each residual branch, and scale 2, 3 or 4. */
    public record Options(int blocks, int features, float residualScale, int scale) {
        public Options {
            if (blocks < 1 || features < 1 || !(residualScale > 0)) {
                throw new IllegalArgumentException(
                        "edsr: want at least 1 block, 1 feature and a positive residual scale, have " + blocks + ", "
                                + features + ", " + residualScale);
            }
            if (scale < 2 || scale > 4) {
                throw new IllegalArgumentException("scale: want 2, 3 or 4, have " + scale);
            }
        }

        /** EDSR-S, also called EDSR-baseline: 16 blocks, 64 features. */
        public static Options small(int scale) {
            return new Options(16, 64, 1f, scale);
        }

        /** EDSR-L: 32 blocks, 256 features, residual scale 0.1. */
        public static Options large(int scale) {
            return new Options(32, 256, 0.1f, scale);
        }
    }

    private final Options options;
    private final ParameterSet parameters;
    private final Conv head;
    private final List<ResidualBlock> blocks;
    private final Conv bodyEnd;
    private final LinearTail tail;

    private Edsr(Options options, ParameterSet parameters, Random random) {
        this.options = options;
        this.parameters = parameters;
        int f = options.features();
        head = Conv.declare(parameters, "head.0", 3, f, random);
        blocks = new ArrayList<>();
        for (int i = 0; i < options.blocks(); i++) {
            blocks.add(ResidualBlock.declare(parameters, "body." + i, f, options.residualScale(), random));
        }
        bodyEnd = Conv.declare(parameters, "body." + options.blocks(), f, f, random);
        tail = LinearTail.declare(parameters, f, options.scale(), random);
    }

    /** A network on a device, started from {@code seed}. */
    public static Edsr create(Device device, Options options, long seed) {
        ParameterSet parameters = new ParameterSet();
        Edsr network = new Edsr(options, parameters, Random.of(seed, 0));
        parameters.allocate(device);
        return network;
    }

    @Override
    public Edsr collapse(boolean on) {
        tail.collapse(on);
        return this;
    }

    /** EDSR is linear in its range but for the biases: those of range 255 are 255 times those of range 1. */
    @Override
    public float[] adopt(Parameter parameter, float[] values, float range) {
        if (range != 1f && parameter.dimensions().size() == 1) {
            for (int i = 0; i < values.length; i++) {
                values[i] /= range;
            }
        }
        return values;
    }

    @Override
    public Tensor forward(Tape tape, Tensor lr) {
        Tensor x = FRAME.enter(tape, lr);
        Tensor h = head.apply(tape, x);
        tape.done(x);
        Tensor now = blocks.getFirst().apply(tape, h);
        for (ResidualBlock block : blocks.subList(1, blocks.size())) {
            now = block.consume(tape, now);
        }
        Tensor body = bodyEnd.onto(tape, now, h, 1f);
        tape.done(now);
        Tensor rgb = tail.apply(tape, body);
        tape.done(body);
        return FRAME.leave(tape, rgb);
    }

    @Override
    public int scale() {
        return options.scale();
    }

    @Override
    public int reach() {
        int convolutions = 1 + 2 * options.blocks() + 1;
        int tail = 2 * TILE; // the tail's own reach is below two LR tiles at every scale
        return TILE * convolutions + tail;
    }

    @Override
    public int grid() {
        return TILE;
    }

    @Override
    public long workingBytes(long pixels) {
        return pixels * Float.BYTES * (2L * options.features() + tail.width());
    }

    @Override
    public ParameterSet parameters() {
        return parameters;
    }

    /** Its size. */
    public Options options() {
        return options;
    }

    @Override
    public String architecture() {
        return "edsr";
    }

    @Override
    public Map<String, Object> hyperParameters() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("blocks", options.blocks());
        map.put("features", options.features());
        map.put("res_scale", options.residualScale());
        return map;
    }
}
