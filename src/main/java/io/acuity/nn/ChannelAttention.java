package io.acuity.nn;

import io.acuity.op.Relu;
import io.acuity.op.Sigmoid;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * How much each channel counts, told by its mean over the whole image: sigmoid(W2 relu(W1 mean(x) + b1) + b2) (arXiv 1807.02758,
 * eq. 10). The channels are first reduced by a factor.
 */
public final class ChannelAttention {
    private final PointConv reduce;
    private final PointConv expand;

    private ChannelAttention(PointConv reduce, PointConv expand) {
        this.reduce = reduce;
        this.expand = expand;
    }

    /** Declares {@code <name>.conv_du.0} and {@code <name>.conv_du.2}. */
    public static ChannelAttention declare(ParameterSet set, String name, int features, int reduction, Random random) {
        PointConv reduce = PointConv.declare(set, name + ".conv_du.0", features, features / reduction, random);
        return new ChannelAttention(
                reduce, PointConv.declare(set, name + ".conv_du.2", features / reduction, features, random));
    }

    /** Means over the image [N, F, 1, 1] to gates in (0, 1); the means are not freed. */
    public Tensor gate(Tape tape, Tensor mean) {
        Tensor few = reduce.apply(tape, mean);
        Tensor active = Relu.apply(tape, few);
        tape.done(few);
        Tensor many = expand.apply(tape, active);
        tape.done(active);
        Tensor gate = Sigmoid.apply(tape, many);
        tape.done(many);
        return gate;
    }
}
