package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.nn.PointConv;
import io.acuity.op.Add;
import io.acuity.op.ChannelCopy;
import io.acuity.op.LeakyRelu;
import io.acuity.op.PixelShuffle;
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
 * IMDN as it won AIM 2019 (Hui et al., ACM MM 2019; without contrast attention): blocks that set aside a part of the channels
 * after each convolution and put the parts together at the end. RGB in [0, 1] without a mean. Names are those of the NTIRE 2022
 * baseline: model.0, model.1.sub.{b}.conv1.0 ... conv4, conv1x1, model.1.sub.{blocks}, model.2.
 */
public final class Imdn implements Network {
    /** Convolutions of a block after which channels are set aside. */
    static final int STEPS = 3;

    static final float SLOPE = 0.05f;

    private static final int RGB = 3;

    /** Blocks, features, how many of them are set aside at a time, and scale 2, 3 or 4. */
    public record Options(int blocks, int features, int distilled, int scale) {
        public Options {
            if (blocks < 1 || distilled < 1 || features <= distilled) {
                throw new IllegalArgumentException(
                        "imdn: want at least 1 block and more features than are set aside, at least 1, have blocks "
                                + blocks + ", features " + features + ", distilled " + distilled);
            }
            if (scale < 2 || scale > 4) {
                throw new IllegalArgumentException("scale: want 2, 3 or 4, have " + scale);
            }
        }

        /** As published: 8 blocks of 64 features, a quarter set aside. */
        public static Options published(int scale) {
            return new Options(8, 64, 16, scale);
        }
    }

    /** One block's layers. */
    private record Block(List<Conv> steps, Conv last, PointConv fuse) {}

    private final Options options;
    private final ParameterSet parameters;
    private final Conv head;
    private final List<Block> blocks = new ArrayList<>();
    private final Conv bodyEnd;
    private final Conv tail;

    private Imdn(Options options, ParameterSet parameters, Random random) {
        this.options = options;
        this.parameters = parameters;
        int f = options.features();
        head = Conv.declare(parameters, "model.0", RGB, f, random);
        for (int b = 0; b < options.blocks(); b++) {
            blocks.add(declare("model.1.sub." + b, random));
        }
        bodyEnd = Conv.declare(parameters, "model.1.sub." + options.blocks(), f, f, random);
        tail = Conv.declare(parameters, "model.2", f, RGB * options.scale() * options.scale(), random);
    }

    private Block declare(String name, Random random) {
        int f = options.features();
        int d = options.distilled();
        List<Conv> steps = new ArrayList<>();
        for (int k = 1; k <= STEPS; k++) {
            steps.add(Conv.declare(parameters, name + ".conv" + k + ".0", k == 1 ? f : f - d, f, random));
        }
        Conv last = Conv.declare(parameters, name + ".conv4", f - d, d, random);
        return new Block(steps, last, PointConv.declare(parameters, name + ".conv1x1", (STEPS + 1) * d, f, random));
    }

    /** A network on a device, started from {@code seed}. */
    public static Imdn create(Device device, Options options, long seed) {
        ParameterSet parameters = new ParameterSet();
        Imdn network = new Imdn(options, parameters, Random.of(seed, 0));
        parameters.allocate(device);
        return network;
    }

    @Override
    public Tensor forward(Tape tape, Tensor lr) {
        Tensor h = head.apply(tape, lr);
        Tensor now = h;
        for (Block block : blocks) {
            Tensor next = distil(tape, block, now);
            if (now != h) {
                tape.done(now);
            }
            now = next;
        }
        Tensor body = bodyEnd.onto(tape, now, h, 1f);
        tape.done(now);
        Tensor many = tail.picture(tape, body);
        tape.done(body);
        Tensor sr = PixelShuffle.apply(tape, many, options.scale());
        tape.done(many);
        return sr;
    }

    /** y = x + fuse([set aside, set aside, set aside, last]); x is not freed. */
    private Tensor distil(Tape tape, Block block, Tensor x) {
        int d = options.distilled();
        List<Tensor> kept = new ArrayList<>();
        Tensor rest = x;
        for (Conv step : block.steps()) {
            Tensor sum = step.apply(tape, rest);
            Tensor y = LeakyRelu.apply(tape, sum, SLOPE);
            tape.done(sum);
            if (rest != x) {
                tape.done(rest);
            }
            kept.add(ChannelCopy.slice(tape, y, 0, d));
            rest = ChannelCopy.slice(tape, y, d, options.features() - d);
            tape.done(y);
        }
        kept.add(block.last().apply(tape, rest));
        tape.done(rest);
        Tensor all = ChannelCopy.concat(tape, kept);
        kept.forEach(tape::done);
        Tensor fused = block.fuse().apply(tape, all);
        tape.done(all);
        Tensor sum = Add.apply(tape, x, fused);
        tape.done(fused);
        return sum;
    }

    @Override
    public int scale() {
        return options.scale();
    }

    @Override
    public int reach() {
        return Edsr.TILE * (3 + options.blocks() * (STEPS + 1));
    }

    @Override
    public int grid() {
        return Edsr.TILE;
    }

    /** Long skip, block's input, two of a step, what is set aside; or the tail. */
    @Override
    public long workingBytes(long pixels) {
        long s2 = (long) options.scale() * options.scale();
        return pixels * Float.BYTES * Math.max(6L * options.features(), options.features() + 9 * s2);
    }

    @Override
    public ParameterSet parameters() {
        return parameters;
    }

    /** Files of this network say nothing of a range: it is always 1. */
    @Override
    public float[] adopt(Parameter parameter, float[] values, float range) {
        return values;
    }

    @Override
    public Map<String, String> colours() {
        return Map.of("acuity.colour", "rgb");
    }

    @Override
    public String architecture() {
        return "imdn";
    }

    @Override
    public Map<String, Object> hyperParameters() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("blocks", options.blocks());
        map.put("features", options.features());
        map.put("distilled", options.distilled());
        return map;
    }
}
