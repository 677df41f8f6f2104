package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.nn.ResidualBlock;
import io.acuity.tensor.Parameter;
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
public final class Edsr extends SkipNetwork {
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
    private final List<ResidualBlock> blocks;
    private final Conv end;

    private Edsr(Options options, List<ResidualBlock> blocks, Conv end, Ends ends) {
        super(ends);
        this.options = options;
        this.blocks = blocks;
        this.end = end;
    }

    /** A network on a device, started from {@code seed}. */
    public static Edsr create(Device device, Options options, long seed) {
        Draft draft = Draft.begin(options.features(), 1f, options.scale(), seed);
        List<ResidualBlock> blocks = new ArrayList<>();
        for (int b = 0; b < options.blocks(); b++) {
            blocks.add(ResidualBlock.declare(
                    draft.parameters(), "body." + b, options.features(), options.residualScale(), draft.random()));
        }
        Conv end = draft.conv("body." + options.blocks());
        return new Edsr(options, blocks, end, draft.finish(device));
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
    Tensor body(Tape tape, Tensor h) {
        Tensor now = blocks.getFirst().apply(tape, h);
        for (ResidualBlock block : blocks.subList(1, blocks.size())) {
            now = block.consume(tape, now);
        }
        Tensor body = end.onto(tape, now, h, 1f);
        tape.done(now);
        return body;
    }

    @Override
    int depth() {
        return 2 + 2 * options.blocks();
    }

    @Override
    public long workingBytes(long pixels) {
        return pixels * Float.BYTES * (2L * options.features() + tailWidth());
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
