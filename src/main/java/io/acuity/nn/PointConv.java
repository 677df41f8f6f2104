package io.acuity.nn;

import io.acuity.op.Conv1x1;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

/** A 1x1 convolution with bias and its parameters {@code <name>.weight} [O, I, 1, 1] and {@code <name>.bias} [O]. */
public final class PointConv {
    private final Parameter weight;
    private final Parameter bias;

    private PointConv(Parameter weight, Parameter bias) {
        this.weight = weight;
        this.bias = bias;
    }

    /** Declares the parameters, uniform in +-1/sqrt(I) as PyTorch starts a convolution. */
    public static PointConv declare(ParameterSet set, String name, int in, int out, Random random) {
        float bound = (float) (1 / Math.sqrt(in));
        Parameter weight =
                set.declare(name + ".weight", List.of(out, in, 1, 1), random.later(Math.multiplyExact(out, in), bound));
        return new PointConv(weight, set.declare(name + ".bias", List.of(out), random.later(out, bound)));
    }

    Parameter weight() {
        return weight;
    }

    Parameter bias() {
        return bias;
    }

    /** x [N, I, H, W] to [N, O, H, W]. */
    public Tensor apply(Tape tape, Tensor x) {
        return Conv1x1.apply(tape, x, weight, bias);
    }
}
