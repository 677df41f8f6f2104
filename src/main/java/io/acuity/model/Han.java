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
public final class Han implements Network {
    private final Rcan.Options options;
    private final ParameterSet parameters;
    private final Frame frame;
    private final Conv head;
    private final List<ResidualGroup> groups = new ArrayList<>();
    private final Conv bodyEnd;
    private final Parameter gammaOfVolume;
    private final Parameter volumeWeight;
    private final Parameter volumeBias;
    private final Parameter gammaOfLayers;
    private final Conv lastOfLayers;
    private final Conv last;
    private final LinearTail tail;

    private Han(Rcan.Options options, ParameterSet parameters, Random random) {
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
        gammaOfVolume = parameters.declare("csa.gamma", List.of(1), new float[1]);
        float bound = (float) (1 / Math.sqrt(27));
        volumeWeight = parameters.declare("csa.conv.weight", List.of(1, 1, 3, 3, 3), random.later(27, bound));
        volumeBias = parameters.declare("csa.conv.bias", List.of(1), random.later(1, bound));
        gammaOfLayers = parameters.declare("la.gamma", List.of(1), new float[1]);
        lastOfLayers = Conv.declare(parameters, "last_conv", layers() * f, f, random);
        last = Conv.declare(parameters, "last", 2 * f, f, random);
        tail = LinearTail.declare(parameters, f, options.scale(), random);
    }

    /** A network on a device, started from {@code seed}; sizes are RCAN's. */
    public static Han create(Device device, Rcan.Options options, long seed) {
        ParameterSet parameters = new ParameterSet();
        Han network = new Han(options, parameters, Random.of(seed, 0));
        parameters.allocate(device);
        return network;
    }

    /** The groups' outputs and the body's last convolution's. */
    private int layers() {
        return options.groups() + 1;
    }

    @Override
    public Han collapse(boolean on) {
        tail.collapse(on);
        return this;
    }

    @Override
    public Tensor forward(Tape tape, Tensor lr) {
        Tensor x = frame.enter(tape, lr);
        Tensor h = head.apply(tape, x);
        tape.done(x);
        List<Tensor> stages = new ArrayList<>();
        Tensor now = h;
        for (ResidualGroup group : groups) {
            now = group.apply(tape, now);
            stages.addFirst(now);
        }
        Tensor m = bodyEnd.apply(tape, now);
        stages.addFirst(m);
        Tensor layered = layers(tape, stages);
        stages.subList(1, stages.size()).forEach(tape::done);
        Tensor volume = volume(tape, m);
        tape.done(m);
        Tensor both = ChannelCopy.concat(tape, List.of(volume, layered));
        tape.done(volume);
        tape.done(layered);
        Tensor body = last.apply(tape, both, Conv3x3.Epilogue.residual(h, 1f));
        tape.done(both);
        tape.done(h);
        Tensor rgb = tail.apply(tape, body);
        tape.done(body);
        return frame.leave(tape, rgb);
    }

    /** Layer attention over all stages, the newest first, and its convolution back to one. */
    private Tensor layers(Tape tape, List<Tensor> stages) {
        Tensor stack = ChannelCopy.concat(tape, stages);
        Tensor attended = LayerAttention.apply(tape, stack, gammaOfLayers, layers());
        tape.done(stack);
        Tensor one = lastOfLayers.apply(tape, attended);
        tape.done(attended);
        return one;
    }

    /** Channel-spatial attention: a gate for each number, from its neighbours in rows, columns and channels. */
    private Tensor volume(Tape tape, Tensor m) {
        Tensor z = Conv3d.apply(tape, m, volumeWeight, volumeBias);
        Tensor gate = Sigmoid.apply(tape, z);
        tape.done(z);
        Tensor y = ResidualGate.apply(tape, m, gate, gammaOfVolume);
        tape.done(gate);
        return y;
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
        int convolutions = 5 + options.groups() * (2 * options.blocks() + 1);
        return Edsr.TILE * (convolutions + 2);
    }

    @Override
    public int grid() {
        return Edsr.TILE;
    }

    /** Long skip, all stages, their stack before and after attention. */
    @Override
    public long workingBytes(long pixels) {
        long features = (3L * layers() + 3) * options.features();
        return pixels * Float.BYTES * Math.max(features, tail.width());
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
        return "han";
    }

    @Override
    public Map<String, Object> hyperParameters() {
        return options.named();
    }
}
