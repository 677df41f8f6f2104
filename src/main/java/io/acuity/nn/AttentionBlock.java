package io.acuity.nn;

import io.acuity.op.Conv3x3;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** RCAN's block: y = x + gate(r) * r with r = conv(relu(conv(x))), x and y [N, F, H, W]. */
public final class AttentionBlock {
    private final Conv first;
    private final Conv second;
    private final ChannelAttention attention;

    private AttentionBlock(Conv first, Conv second, ChannelAttention attention) {
        this.first = first;
        this.second = second;
        this.attention = attention;
    }

    /** Declares {@code <name>.body.0}, {@code <name>.body.2} and {@code <name>.body.3.conv_du.0/.2}. */
    public static AttentionBlock declare(ParameterSet set, String name, int features, int reduction, Random random) {
        Conv first = Conv.declare(set, name + ".body.0", features, features, random);
        Conv second = Conv.declare(set, name + ".body.2", features, features, random);
        return new AttentionBlock(
                first, second, ChannelAttention.declare(set, name + ".body.3", features, reduction, random));
    }

    /** [N, F, H, W] to the same shape; x is not freed. */
    public Tensor apply(Tape tape, Tensor x) {
        return run(tape, x, false);
    }

    /** The same for an x that is not used again and needs no {@link Tape#done}. */
    public Tensor consume(Tape tape, Tensor x) {
        return run(tape, x, true);
    }

    private Tensor run(Tape tape, Tensor x, boolean over) {
        Tensor hidden = first.apply(tape, x, Conv3x3.Epilogue.RELU);
        Conv3x3.Summed r = second.summed(tape, hidden);
        tape.done(hidden);
        Tensor y = attention.apply(tape, r, x, over);
        tape.done(r.y());
        return y;
    }
}
