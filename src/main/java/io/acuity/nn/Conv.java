package io.acuity.nn;

import io.acuity.op.Conv3x3;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

/** A 3x3 convolution with bias and its parameters {@code <name>.weight} [O, I, 3, 3] and {@code <name>.bias} [O]. */
public final class Conv {
    private final Parameter weight;
    private final Parameter bias;

    private Conv(Parameter weight, Parameter bias) {
        this.weight = weight;
        this.bias = bias;
    }

    /** Declares the parameters, uniform in +-1/sqrt(9 I) as PyTorch starts a convolution. */
    public static Conv declare(ParameterSet set, String name, int in, int out, Random random) {
        float bound = (float) (1 / Math.sqrt(9.0 * in));
        Parameter weight = set.declare(
                name + ".weight", List.of(out, in, 3, 3), random.later(Math.multiplyExact(out, 9 * in), bound));
        Parameter bias = set.declare(name + ".bias", List.of(out), random.later(out, bound));
        return new Conv(weight, bias);
    }

    /** x [N, I, H, W] to [N, O, H, W]. */
    public Tensor apply(Tape tape, Tensor x) {
        return apply(tape, x, Conv3x3.Epilogue.NONE);
    }

    /** The same with what follows in the same kernel; a shuffle changes the shape as {@link Conv3x3} says. */
    public Tensor apply(Tape tape, Tensor x, Conv3x3.Epilogue epilogue) {
        return Conv3x3.apply(tape, x, weight, bias, epilogue);
    }

    /** The same with sums over its pixels, where there is a kernel that leaves them. */
    public Conv3x3.Summed summed(Tape tape, Tensor x) {
        return Conv3x3.summed(tape, x, weight, bias);
    }

    /** x [N, I, H, W] to [N, O, H, W] in fp32 on every device, as numbers of a picture. */
    public Tensor picture(Tape tape, Tensor x) {
        return Conv3x3.picture(tape, x, weight, bias);
    }

    /** {@code residual + scale * conv(x)}, over the residual where the tape allows; it may not be used again. */
    public Tensor onto(Tape tape, Tensor x, Tensor residual, float scale) {
        return Conv3x3.onto(tape, x, weight, bias, residual, scale);
    }
}
