package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.nn.ResidualGroup;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * RCAN (Zhang et al., arXiv 1807.02758): head, groups of blocks with channel attention, long skip, upsampling tail. Names are
 * those of EDSR-PyTorch: head.0, body.{g}.body.{b}.body.0/.2/.3.conv_du.0/.2, body.{g}.body.{blocks}, body.{groups}, tail.
 *
 * <p>Channel attention averages over the whole picture, so tiles change the result.
 */
public final class Rcan implements Network {
    /**
     * Groups, blocks of each, features, by how much attention reduces them, peak value of the range inside, and scale 2, 3 or
     * 4.
     */
    public record Options(int groups, int blocks, int features, int reduction, float range, int scale) {
        public Options {
            if (groups < 1 || blocks < 1 || features < 1 || reduction < 1 || features % reduction != 0) {
                throw new IllegalArgumentException(
                        "rcan: want at least 1 group and block, features divisible by the reduction, have groups "
                                + groups + ", blocks " + blocks + ", features " + features + ", reduction "
                                + reduction);
            }
            if (scale < 2 || scale > 4) {
                throw new IllegalArgumentException("scale: want 2, 3 or 4, have " + scale);
            }
        }

        /** As published: 10 groups of 20 blocks, 64 features reduced by 16, range 255. */
        public static Options published(int scale) {
            return new Options(10, 20, 64, 16, 255f, scale);
        }

        /** By their names in model files. */
        Map<String, Object> named() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("groups", groups);
            map.put("blocks", blocks);
            map.put("features", features);
            map.put("reduction", reduction);
            map.put("range", (int) range);
            return map;
        }
    }

    private final Options options;
    private final ParameterSet parameters;
    private final Frame frame;
    private final Conv head;
    private final List<ResidualGroup> groups = new ArrayList<>();
    private final Conv bodyEnd;
    private final LinearTail tail;

    private Rcan(Options options, ParameterSet parameters, Random random) {
        this.options = options;
        this.parameters = parameters;
        frame = new Frame(options.range());
        int f = options.features();
        head = Conv.declare(parameters, "head.0", 3, f, random);
        for (int g = 0; g < options.groups(); g++) {
            groups.add(
                    ResidualGroup.declare(parameters, "body." + g, options.blocks(), f, options.reduction(), random));
        }
        bodyEnd = Conv.declare(parameters, "body." + options.groups(), f, f, random);
        tail = LinearTail.declare(parameters, f, options.scale(), random);
    }

    /** A network on a device, started from {@code seed}. */
    public static Rcan create(Device device, Options options, long seed) {
        ParameterSet parameters = new ParameterSet();
        Rcan network = new Rcan(options, parameters, Random.of(seed, 0));
        parameters.allocate(device);
        return network;
    }

    @Override
    public Rcan collapse(boolean on) {
        tail.collapse(on);
        return this;
    }

    @Override
    public Tensor forward(Tape tape, Tensor lr) {
        Tensor x = frame.enter(tape, lr);
        Tensor h = head.apply(tape, x);
        tape.done(x);
        Tensor now = groups.getFirst().apply(tape, h);
        for (ResidualGroup group : groups.subList(1, groups.size())) {
            now = group.consume(tape, now);
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
        int convolutions = 2 + options.groups() * (2 * options.blocks() + 1);
        return Edsr.TILE * (convolutions + 2);
    }

    @Override
    public int grid() {
        return Edsr.TILE;
    }

    /** Long skip, group's skip, running tensor, hidden and residual; or the tail. */
    @Override
    public long workingBytes(long pixels) {
        return pixels * Float.BYTES * Math.max(5L * options.features(), tail.width());
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
        return "rcan";
    }

    @Override
    public Map<String, Object> hyperParameters() {
        return options.named();
    }
}
