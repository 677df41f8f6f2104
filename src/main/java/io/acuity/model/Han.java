package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.nn.Conv;
import io.acuity.nn.ResidualGroup;
import io.acuity.op.ChannelCopy;
import io.acuity.op.Conv3d;
import io.acuity.op.Conv3x3;
import io.acuity.op.LayerAttention;
import io.acuity.op.ResidualGate;
import io.acuity.op.Sigmoid;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * HAN (Niu et al., arXiv 2008.08767): RCAN's body, whose stages are weighed against one another by layer attention, and whose
 * last map by channel-spatial attention. Names beyond RCAN's: la.gamma, csa.gamma, csa.conv, last_conv, last. Both gammas
 * start at 0, so that an untrained HAN attends to nothing.
 */
public final class Han extends SkipNetwork {
    private final Rcan.Options options;
    private final List<ResidualGroup> groups;
    private final Conv end;
    private final Attention attention;

    /** Both attentions' parameters, and the convolutions that take up what they give. */
    private record Attention(
            Parameter gammaOfVolume,
            Parameter volumeWeight,
            Parameter volumeBias,
            Parameter gammaOfLayers,
            Conv lastOfLayers,
            Conv last) {
        static Attention declare(ParameterSet set, int layers, int f, Random random) {
            float bound = (float) (1 / Math.sqrt(27));
            return new Attention(
                    set.declare("csa.gamma", List.of(1), new float[1]),
                    set.declare("csa.conv.weight", List.of(1, 1, 3, 3, 3), random.later(27, bound)),
                    set.declare("csa.conv.bias", List.of(1), random.later(1, bound)),
                    set.declare("la.gamma", List.of(1), new float[1]),
                    Conv.declare(set, "last_conv", layers * f, f, random),
                    Conv.declare(set, "last", 2 * f, f, random));
        }
    }

    private Han(Rcan.Options options, List<ResidualGroup> groups, Conv end, Attention attention, Ends ends) {
        super(ends);
        this.options = options;
        this.groups = groups;
        this.end = end;
        this.attention = attention;
    }

    /** A network on a device, started from {@code seed}; sizes are RCAN's. */
    public static Han create(Device device, Rcan.Options options, long seed) {
        Draft draft = options.draft(seed);
        List<ResidualGroup> groups = options.groups(draft);
        Conv end = draft.conv("body." + options.groups());
        Attention attention =
                Attention.declare(draft.parameters(), options.groups() + 1, options.features(), draft.random());
        return new Han(options, groups, end, attention, draft.finish(device));
    }

    /** The groups' outputs and the body's last convolution's. */
    private int layers() {
        return options.groups() + 1;
    }

    @Override
    Tensor body(Tape tape, Tensor h) {
        List<Tensor> stages = new ArrayList<>();
        Tensor now = h;
        for (ResidualGroup group : groups) {
            now = group.apply(tape, now);
            stages.addFirst(now);
        }
        Tensor m = end.apply(tape, now);
        stages.addFirst(m);
        Tensor layered = layers(tape, stages);
        stages.subList(1, stages.size()).forEach(tape::done);
        Tensor volume = volume(tape, m);
        tape.done(m);
        Tensor both = ChannelCopy.concat(tape, List.of(volume, layered));
        tape.done(volume);
        tape.done(layered);
        Tensor body = attention.last().apply(tape, both, Conv3x3.Epilogue.residual(h, 1f));
        tape.done(both);
        tape.done(h);
        return body;
    }

    /** Layer attention over all stages, the newest first, and its convolution back to one. */
    private Tensor layers(Tape tape, List<Tensor> stages) {
        Tensor stack = ChannelCopy.concat(tape, stages);
        Tensor attended = LayerAttention.apply(tape, stack, attention.gammaOfLayers(), layers());
        tape.done(stack);
        Tensor one = attention.lastOfLayers().apply(tape, attended);
        tape.done(attended);
        return one;
    }

    /** Channel-spatial attention: a gate for each number, from its neighbours in rows, columns and channels. */
    private Tensor volume(Tape tape, Tensor m) {
        Tensor z = Conv3d.apply(tape, m, attention.volumeWeight(), attention.volumeBias());
        Tensor gate = Sigmoid.apply(tape, z);
        tape.done(z);
        Tensor y = ResidualGate.apply(tape, m, gate, attention.gammaOfVolume());
        tape.done(gate);
        return y;
    }

    @Override
    public boolean tilesExactly() {
        return false;
    }

    @Override
    int depth() {
        return 5 + options.depth();
    }

    /** Long skip, all stages, their stack before and after attention. */
    @Override
    public long workingBytes(long pixels) {
        long features = (3L * layers() + 3) * options.features();
        return pixels * Float.BYTES * Math.max(features, tailWidth());
    }

    @Override
    public String architecture() {
        return "han";
    }

    @Override
    public Map<String, Object> hyperParameters() {
        return options.named();
    }
}
