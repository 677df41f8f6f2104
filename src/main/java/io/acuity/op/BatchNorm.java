package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation (Ioffe and Szegedy, arXiv 1502.03167) followed by a leaky ReLU, in one pass: x, y [N, C, H, W];
 * {@code y = leaky(weight (x - mean) / sqrt(variance + epsilon) + bias)} with weight and bias [C].
 *
 * <p>The N images are {@code sets} sets, one after the other, each with its own mean and variance over images and pixels. Backward
 * makes the normalised values again from x, so that only x and two numbers a channel and set are kept.
 *
 * <p>x is used up and needs no {@link Tape#done}: where no gradient is kept, y is written over its memory, or elsewhere and the
 * memory freed.
 */
public final class BatchNorm {
    private static final Kernel SUMS = new Kernel("batch_norm_sums");
    private static final Kernel STATISTICS = new Kernel("batch_norm_statistics");
    private static final Kernel FROZEN = new Kernel("batch_norm_frozen");
    private static final Kernel FORWARD = new Kernel("batch_norm_forward");
    private static final Kernel BACKWARD_SUMS = new Kernel("batch_norm_backward_sums");
    private static final Kernel BACKWARD_WEIGHT = new Kernel("batch_norm_backward_weight");
    private static final Kernel BACKWARD_INPUT = new Kernel("batch_norm_backward_input");

    /** PyTorch's: added to the variance. */
    public static final float EPSILON = 1e-5f;

    /** PyTorch's: the share of a new value in the moving averages. */
    public static final float MOMENTUM = 0.1f;

    /** Pixels that one part of a sum has at least, and parts at most: fixed by the shape, so that bits are too. */
    private static final int PART_PIXELS = 64;

    private static final int PARTS = 64;

    /** What normalisation is followed by: the slope of the leaky ReLU where it is negative (1: none), and where the result goes. */
    public record Output(float slope, @Nullable Tensor into) {
        /** Into memory of the tape's, or over x. */
        public static Output activated(float slope) {
            return new Output(slope, null);
        }
    }

    /** Moving averages of mean and unbiased variance, [C] each. */
    public record Averages(Buffer mean, Buffer variance) {}

    private final Tape tape;
    private final Tensor x;
    private final Weight weight;
    private final Weight bias;
    private final int sets;
    private final float slope;
    private final @Nullable Tensor into;
    private final long pixels;
    private final long plane;
    private final int parts;

    private BatchNorm(Tape tape, Tensor x, Weight weight, Weight bias, int sets, Output output) {
        this.tape = tape;
        this.x = x;
        this.weight = weight;
        this.bias = bias;
        this.sets = sets;
        slope = output.slope();
        into = output.into();
        pixels = x.shape().pixels() / sets;
        plane = (long) x.shape().h() * x.shape().w();
        parts = (int) Math.min(PARTS, (pixels + PART_PIXELS - 1) / PART_PIXELS);
    }

    /**
     * Normalises by the statistics of the images at hand.
     *
     * @param averages moving averages to update, set after set, or null
     * @param sets into how many equal sets the images are divided
     * @param output the leaky ReLU, and memory for the result
     * @throws IllegalArgumentException if weight, bias or output does not fit, the images do not divide into sets, or a set has
     *     only one number a channel
     */
    public static Tensor apply(
            Tape tape, Tensor x, Weight weight, Weight bias, @Nullable Averages averages, int sets, Output output) {
        check(x.shape(), weight, bias, sets, output);
        if (x.shape().pixels() / sets < 2) {
            throw new IllegalArgumentException("batch_norm: want more than one number a channel and set, have "
                    + x.shape() + " in " + sets + " sets");
        }
        BatchNorm norm = new BatchNorm(tape, x, weight, bias, sets, output);
        return norm.run(norm.statistics(averages), false);
    }

    /** Normalises by moving averages, which no gradient reaches. */
    public static Tensor frozen(Tape tape, Tensor x, Weight weight, Weight bias, Averages averages, Output output) {
        check(x.shape(), weight, bias, 1, output);
        BatchNorm norm = new BatchNorm(tape, x, weight, bias, 1, output);
        int channels = x.shape().c();
        Buffer statistics = tape.take(2L * channels * Float.BYTES);
        tape.launch(FROZEN, Grid.cover(channels), averages.mean(), averages.variance(), statistics, channels, EPSILON);
        return norm.run(statistics, true);
    }

    private static void check(Shape x, Weight weight, Weight bias, int sets, Output output) {
        Tensor into = output.into();
        if (into != null && !into.shape().equals(x)) {
            throw new IllegalArgumentException("batch_norm output: want " + x + ", have " + into.shape());
        }
        List<Integer> want = List.of(x.c());
        if (!weight.dimensions().equals(want) || !bias.dimensions().equals(want)) {
            throw new IllegalArgumentException("batch_norm weight and bias: want " + want + ", have "
                    + weight.dimensions() + " and " + bias.dimensions());
        }
        if (sets < 1 || x.n() % sets != 0) {
            throw new IllegalArgumentException("batch_norm sets: want a divisor of " + x.n() + " images, have " + sets);
        }
    }

    private Buffer statistics(@Nullable Averages averages) {
        int channels = x.shape().c();
        Buffer partial = tape.take(2L * sets * parts * channels * Float.BYTES);
        Buffer statistics = tape.take(2L * sets * channels * Float.BYTES);
        Buffer mean = averages == null ? null : averages.mean();
        Buffer variance = averages == null ? null : averages.variance();
        Grid sums = Grid.cover(channels, parts, sets);
        tape.launch(SUMS, sums, x.data(), partial, pixels, plane, channels, sets, parts);
        tape.launch(
                STATISTICS,
                Grid.cover(channels),
                x.data(),
                partial,
                statistics,
                mean,
                variance,
                pixels,
                plane,
                channels,
                sets,
                parts,
                EPSILON,
                MOMENTUM);
        tape.give(partial);
        return statistics;
    }

    private Tensor run(Buffer statistics, boolean frozen) {
        Shape s = x.shape();
        boolean trains = weight.trains();
        boolean keeps = tape.isRecording() && (trains || x.needsGradient());
        if (keeps && into != null) {
            throw new IllegalArgumentException("batch_norm output: want memory of the tape's where gradients are kept");
        }
        Tensor y = into != null ? into : keeps ? tape.layer(s, x, false, true) : tape.overwritten(x);
        Grid numbers = Grid.cover(x.stored());
        Buffer w = weight.values();
        Buffer b = bias.values();
        tape.launch(FORWARD, numbers, x.data(), statistics, w, b, y.data(), pixels, plane, s.c(), sets, slope);
        if (keeps) {
            tape.record(y, dy -> backward(dy, statistics, frozen, trains));
        } else {
            tape.give(statistics);
            if (into != null) {
                tape.give(x.data());
            }
        }
        return y;
    }

    private void backward(Buffer dy, Buffer statistics, boolean frozen, boolean trains) {
        int channels = x.shape().c();
        Buffer sums = tape.take(2L * sets * channels * Float.BYTES);
        if (trains || !frozen) {
            Buffer partial = tape.take(2L * sets * parts * channels * Float.BYTES);
            tape.launch(
                    BACKWARD_SUMS,
                    Grid.cover(channels, parts, sets),
                    x.data(),
                    dy,
                    statistics,
                    weight.values(),
                    bias.values(),
                    partial,
                    pixels,
                    plane,
                    channels,
                    sets,
                    parts,
                    slope);
            if (trains) {
                weight.contribute(
                        tape,
                        (dw, accumulate) -> finish(
                                partial, sums, dw, Convolution.biasGradient(tape, bias, accumulate), accumulate));
            } else {
                finish(partial, sums, null, null, 0);
            }
            tape.give(partial);
        }
        tape.contribute(x, (dx, accumulate) -> inputGradient(dy, statistics, sums, dx, frozen, accumulate));
        tape.give(sums);
    }

    private void inputGradient(Buffer dy, Buffer statistics, Buffer sums, Buffer dx, boolean frozen, int accumulate) {
        tape.launch(
                BACKWARD_INPUT,
                Grid.cover(x.stored()),
                x.data(),
                dy,
                statistics,
                sums,
                weight.values(),
                bias.values(),
                dx,
                pixels,
                plane,
                x.shape().c(),
                sets,
                slope,
                frozen ? 1 : 0,
                accumulate);
    }

    private void finish(Buffer partial, Buffer sums, @Nullable Buffer dweight, @Nullable Buffer dbias, int accumulate) {
        int channels = x.shape().c();
        tape.launch(
                BACKWARD_WEIGHT,
                Grid.cover(channels),
                partial,
                sums,
                dweight,
                dbias,
                channels,
                sets,
                parts,
                accumulate);
    }
}
