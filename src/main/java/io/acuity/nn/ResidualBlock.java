package io.acuity.nn;

import io.acuity.op.Conv3x3;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** EDSR's block: y = x + scale * conv(relu(conv(x))), x and y [N, F, H, W]. */
public final class ResidualBlock {
    private final Conv first;
    private final Conv second;
    private final float scale;

    private ResidualBlock(Conv first, Conv second, float scale) {
        this.first = first;
        this.second = second;
        this.scale = scale;
    }

    /** Declares {@code <name>.body.0} and {@code <name>.body.2}. */
    public static ResidualBlock declare(ParameterSet set, String name, int features, float scale, Random random) {
        Conv first = Conv.declare(set, name + ".body.0", features, features, random);
        Conv second = Conv.declare(set, name + ".body.2", features, features, random);
        return new ResidualBlock(first, second, scale);
    }

    /** [N, F, H, W] to the same shape; x is not freed. */
    public Tensor apply(Tape tape, Tensor x) {
        Tensor hidden = first.apply(tape, x, Conv3x3.Epilogue.RELU);
        Tensor y = second.apply(tape, hidden, Conv3x3.Epilogue.residual(x, scale));
        tape.done(hidden);
        return y;
    }

    /** The same for an x that is not used again and needs no {@link Tape#done}. */
    public Tensor consume(Tape tape, Tensor x) {
        Tensor hidden = first.apply(tape, x, Conv3x3.Epilogue.RELU);
        Tensor y = second.onto(tape, hidden, x, scale);
        tape.done(hidden);
        return y;
    }
}
