package io.acuity.nn;

import io.acuity.op.Conv3x3;
import io.acuity.op.SqueezeExcitation;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * How much each channel counts, told by its mean over the whole image: sigmoid(W2 relu(W1 mean(x) + b1) + b2) (arXiv 1807.02758,
 * eq. 10). The channels are first reduced by a factor.
 */
public final class ChannelAttention {
    private final SqueezeExcitation.Weights weights;

    private ChannelAttention(SqueezeExcitation.Weights weights) {
        this.weights = weights;
    }

    /** Declares {@code <name>.conv_du.0} and {@code <name>.conv_du.2}. */
    public static ChannelAttention declare(ParameterSet set, String name, int features, int reduction, Random random) {
        PointConv reduce = PointConv.declare(set, name + ".conv_du.0", features, features / reduction, random);
        PointConv expand = PointConv.declare(set, name + ".conv_du.2", features / reduction, features, random);
        return new ChannelAttention(
                new SqueezeExcitation.Weights(reduce.weight(), reduce.bias(), expand.weight(), expand.bias()));
    }

    /** residual + gate(r) * r, all [N, F, H, W]; {@code over}: in the residual's memory where the tape keeps nothing. */
    public Tensor apply(Tape tape, Conv3x3.Summed r, Tensor residual, boolean over) {
        return SqueezeExcitation.apply(tape, r, residual, over, weights);
    }
}
