package io.acuity.contrast;

import io.acuity.device.Precision;
import io.acuity.op.BatchNorm;
import io.acuity.op.Conv3x3;
import io.acuity.op.Convolved;
import io.acuity.op.NormConv3x3;
import io.acuity.op.Normalised;
import io.acuity.op.StridedConv3x3;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One block of the embedding network: 3x3 convolution without bias, stride 1 or 2, batch normalisation, leaky ReLU. [N, I, H, W]
 * to [N, O, H, W], or with stride 2 [N, O, ceil(H/2), ceil(W/2)]. Parameters {@code <name>.0.weight}, {@code <name>.1.weight},
 * {@code <name>.1.bias}; moving averages {@code <name>.1.running_mean}, {@code <name>.1.running_var}.
 */
final class EmbeddingBlock {
    private final String name;
    private final boolean strided;
    private final Parameter convolution;
    private final Parameter weight;
    private final Parameter bias;
    private final Parameter runningMean;
    private final Parameter runningVariance;
    private long batches;

    private EmbeddingBlock(
            String name,
            boolean strided,
            Parameter convolution,
            Parameter weight,
            Parameter bias,
            Parameter runningMean,
            Parameter runningVariance) {
        this.name = name;
        this.strided = strided;
        this.convolution = convolution;
        this.weight = weight;
        this.bias = bias;
        this.runningMean = runningMean;
        this.runningVariance = runningVariance;
    }

    /**
     * Declares everything as PyTorch starts it: the convolution uniform in +-1/sqrt(9 I), scales 1, shifts 0.
     *
     * @param averages where the moving averages live, which no optimizer sees
     */
    static EmbeddingBlock declare(
            ParameterSet parameters,
            ParameterSet averages,
            String name,
            int in,
            int out,
            boolean strided,
            Random random) {
        float[] first = uniform(9 * in * out, (float) (1 / Math.sqrt(9.0 * in)), random);
        List<Integer> channels = List.of(out);
        return new EmbeddingBlock(
                name,
                strided,
                parameters.declare(name + ".0.weight", List.of(out, in, 3, 3), first),
                parameters.declare(name + ".1.weight", channels, ones(out)),
                parameters.declare(name + ".1.bias", channels, new float[out]),
                averages.declare(name + ".1.running_mean", channels, new float[out]),
                averages.declare(name + ".1.running_var", channels, ones(out)));
    }

    static float[] uniform(int count, float bound, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (2 * random.nextFloat() - 1) * bound;
        }
        return values;
    }

    private static float[] ones(int count) {
        float[] values = new float[count];
        Arrays.fill(values, 1f);
        return values;
    }

    /** The shape of what it makes of {@code x}. */
    Shape result(Shape x) {
        int out = convolution.dimensions().getFirst();
        return strided ? new Shape(x.n(), out, (x.h() + 1) / 2, (x.w() + 1) / 2) : new Shape(x.n(), out, x.h(), x.w());
    }

    /** PyTorch's name of the block: {@code features.4}. */
    String name() {
        return name;
    }

    /** How many sets have moved the moving averages. */
    long batches() {
        return batches;
    }

    void batches(long count) {
        batches = count;
    }

    /**
     * The block, but for writing what its normalisation makes.
     *
     * @param sets sets of images with statistics of their own, which move the averages; 0: normalise by the averages
     * @param slope of the leaky ReLU
     */
    Normalised apply(Tape tape, Tensor x, int sets, float slope) {
        if (x.precision() == Precision.BF16) {
            return normalise(tape, NormConv3x3.apply(tape, x, convolution, strided, sets != 0), sets, slope);
        }
        @Nullable Parameter noBias = null;
        Tensor y = strided
                ? StridedConv3x3.apply(tape, x, convolution)
                : Conv3x3.apply(tape, x, convolution, noBias, Conv3x3.Epilogue.NONE);
        return normalise(tape, Convolved.of(y), sets, slope);
    }

    /** The same of what the block before has left to be normalised, which is used up. */
    Normalised apply(Tape tape, Normalised x, int sets, float slope) {
        return normalise(tape, NormConv3x3.apply(tape, x, convolution, strided, sets != 0), sets, slope);
    }

    private Normalised normalise(Tape tape, Convolved y, int sets, float slope) {
        BatchNorm.Averages averages = new BatchNorm.Averages(runningMean.values(), runningVariance.values());
        if (sets == 0) {
            return BatchNorm.frozen(tape, y.map(), weight, bias, averages, slope);
        }
        batches += sets;
        return BatchNorm.measure(tape, y, weight, bias, averages, sets, slope);
    }
}
