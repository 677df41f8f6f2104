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
 * <p>The N images are {@code sets} sets, one after the other, each with its own mean and variance over images and pixels. What comes
 * after the statistics is {@link Normalised}.
 *
 * <p>x is used up and needs no {@link Tape#done}: where no gradient is kept, y is written over its memory, or elsewhere and the
 * memory freed.
 */
public final class BatchNorm {
    private static final Kernel SUMS = new Kernel("batch_norm_sums");
    private static final Kernel STATISTICS = new Kernel("batch_norm_statistics");
    private static final Kernel FROZEN = new Kernel("batch_norm_frozen");
    private static final Kernel MOMENTS = new Kernel("batch_norm_moments");

    /** PyTorch's: added to the variance. */
    public static final float EPSILON = 1e-5f;

    /** PyTorch's: the share of a new value in the moving averages. */
    public static final float MOMENTUM = 0.1f;

    /** What normalisation is followed by: the slope of the leaky ReLU where it is negative (1: none), and where the result goes. */
    public record Output(float slope, @Nullable Tensor into) {
        /** Into memory of the tape's, or over x. */
        public static Output activated(float slope) {
            return new Output(slope, null);
        }
    }

    /** Moving averages of mean and unbiased variance, [C] each. */
    public record Averages(Buffer mean, Buffer variance) {}

    private BatchNorm() {}

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
        return measure(tape, Convolved.of(x), weight, bias, averages, sets, output.slope())
                .write(tape, output.into());
    }

    /** Normalises by moving averages, which no gradient reaches. */
    public static Tensor frozen(Tape tape, Tensor x, Weight weight, Weight bias, Averages averages, Output output) {
        return frozen(tape, x, weight, bias, averages, output.slope()).write(tape, output.into());
    }

    /**
     * The statistics alone, for the map to be written later or normalised as it is read; from its tiles' moments where it has them, so
     * that it is not read.
     *
     * @throws IllegalArgumentException as {@link #apply}
     */
    public static Normalised measure(
            Tape tape, Convolved x, Weight weight, Weight bias, @Nullable Averages averages, int sets, float slope) {
        Tensor map = x.map();
        check(map.shape(), weight, bias, sets);
        if (map.shape().pixels() / sets < 2) {
            throw new IllegalArgumentException("batch_norm: want more than one number a channel and set, have "
                    + map.shape() + " in " + sets + " sets");
        }
        Buffer moments = x.moments();
        Buffer statistics = moments == null
                ? ofMap(tape, map, averages, sets)
                : ofMoments(tape, map.shape(), moments, x.tileRows(), averages, sets);
        return new Normalised(map, statistics, weight, bias, sets, slope, false);
    }

    /** Moving averages as statistics, likewise. */
    public static Normalised frozen(Tape tape, Tensor x, Weight weight, Weight bias, Averages averages, float slope) {
        check(x.shape(), weight, bias, 1);
        int channels = x.shape().c();
        Buffer statistics = tape.take(2L * channels * Float.BYTES);
        tape.launch(FROZEN, Grid.cover(channels), averages.mean(), averages.variance(), statistics, channels, EPSILON);
        return new Normalised(x, statistics, weight, bias, 1, slope, true);
    }

    private static void check(Shape x, Weight weight, Weight bias, int sets) {
        List<Integer> want = List.of(x.c());
        if (!weight.dimensions().equals(want) || !bias.dimensions().equals(want)) {
            throw new IllegalArgumentException("batch_norm weight and bias: want " + want + ", have "
                    + weight.dimensions() + " and " + bias.dimensions());
        }
        if (sets < 1 || x.n() % sets != 0) {
            throw new IllegalArgumentException("batch_norm sets: want a divisor of " + x.n() + " images, have " + sets);
        }
    }

    private static Buffer ofMap(Tape tape, Tensor x, @Nullable Averages averages, int sets) {
        int channels = x.shape().c();
        long pixels = x.shape().pixels() / sets;
        long plane = (long) x.shape().h() * x.shape().w();
        int parts = Normalised.parts(pixels);
        Buffer partial = tape.take(2L * sets * parts * channels * Float.BYTES);
        Buffer statistics = tape.take(2L * sets * channels * Float.BYTES);
        Grid sums = Grid.cover(channels, parts, sets);
        tape.launch(SUMS, sums, x.data(), partial, pixels, plane, channels, sets, parts);
        tape.launch(
                STATISTICS,
                Grid.cover(channels),
                x.data(),
                partial,
                statistics,
                averages == null ? null : averages.mean(),
                averages == null ? null : averages.variance(),
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

    private static Buffer ofMoments(
            Tape tape, Shape s, Buffer moments, int tileRows, @Nullable Averages averages, int sets) {
        Buffer statistics = tape.take(2L * sets * s.c() * Float.BYTES);
        tape.launch(
                MOMENTS,
                Grid.cover(s.c()),
                moments,
                statistics,
                averages == null ? null : averages.mean(),
                averages == null ? null : averages.variance(),
                s.n() / sets,
                s.h(),
                s.w(),
                tileRows,
                s.c(),
                sets,
                EPSILON,
                MOMENTUM);
        tape.give(moments);
        return statistics;
    }
}
