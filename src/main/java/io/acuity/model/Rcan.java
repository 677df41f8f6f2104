package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.nn.ResidualGroup;
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
public final class Rcan extends SkipNetwork {
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

        SkipNetwork.Draft draft(long seed) {
            return SkipNetwork.Draft.begin(features, range, scale, seed);
        }

        /** Declares the groups. */
        List<ResidualGroup> groups(SkipNetwork.Draft draft) {
            List<ResidualGroup> declared = new ArrayList<>();
            for (int g = 0; g < groups; g++) {
                declared.add(ResidualGroup.declare(
                        draft.parameters(), "body." + g, blocks, features, reduction, draft.random()));
            }
            return declared;
        }

        /** 3x3 convolutions of all groups, one behind the other. */
        int depth() {
            return groups * (2 * blocks + 1);
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
    private final List<ResidualGroup> groups;
    private final Conv end;

    private Rcan(Options options, List<ResidualGroup> groups, Conv end, Ends ends) {
        super(ends);
        this.options = options;
        this.groups = groups;
        this.end = end;
    }

    /** A network on a device, started from {@code seed}. */
    public static Rcan create(Device device, Options options, long seed) {
        Draft draft = options.draft(seed);
        List<ResidualGroup> groups = options.groups(draft);
        Conv end = draft.conv("body." + options.groups());
        return new Rcan(options, groups, end, draft.finish(device));
    }

    @Override
    Tensor body(Tape tape, Tensor h) {
        Tensor now = groups.getFirst().apply(tape, h);
        for (ResidualGroup group : groups.subList(1, groups.size())) {
            now = group.consume(tape, now);
        }
        Tensor body = end.onto(tape, now, h, 1f);
        tape.done(now);
        return body;
    }

    @Override
    int depth() {
        return 2 + options.depth();
    }

    @Override
    public boolean tilesExactly() {
        return false;
    }

    /** Long skip, group's skip, running tensor, hidden and residual; or the tail. */
    @Override
    public long workingBytes(long pixels) {
        return pixels * Float.BYTES * Math.max(5L * options.features(), tailWidth());
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
