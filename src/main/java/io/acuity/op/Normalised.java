package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import org.jspecify.annotations.Nullable;

/**
 * A map that {@link BatchNorm} normalises, as it is before, with the statistics that it is normalised by: {@code y = leaky(weight (x
 * - mean) / sqrt(variance + epsilon) + bias)}, x [N, C, H, W]. It is either written ({@link #write}) or read by a convolution that
 * normalises its tiles ({@link NormConv3x3}): one of both, once, which uses it up.
 *
 * <p>Backward makes the normalised values again from x, so that only x and two numbers a channel and set are kept.
 */
public final class Normalised {
    private static final Kernel FORWARD = new Kernel("batch_norm_forward");
    private static final Kernel BACKWARD_SUMS = new Kernel("batch_norm_backward_sums");
    private static final Kernel BACKWARD_WEIGHT = new Kernel("batch_norm_backward_weight");
    private static final Kernel BACKWARD_TILES = new Kernel("batch_norm_backward_tiles");
    private static final Kernel BACKWARD_INPUT = new Kernel("batch_norm_backward_input");

    /** Pixels that one part of a sum has at least, and parts at most: fixed by the shape, so that bits are too. */
    private static final int PART_PIXELS = 64;

    private static final int PARTS = 64;

    private final Tensor x;
    private final Buffer statistics;
    private final Weight weight;
    private final Weight bias;
    private final int sets;
    private final float slope;
    private final boolean frozen;
    private final boolean trains;

    /**
     * A map and what normalises it.
     *
     * @param statistics float[sets][2][C]: mean and 1 / sqrt(variance + epsilon)
     * @param frozen whether these do not depend on x
     */
    Normalised(Tensor x, Buffer statistics, Weight weight, Weight bias, int sets, float slope, boolean frozen) {
        this.x = x;
        this.statistics = statistics;
        this.weight = weight;
        this.bias = bias;
        this.sets = sets;
        this.slope = slope;
        this.frozen = frozen;
        trains = weight.trains();
    }

    /** Whether a convolution can normalise it as it reads: in bf16. Else it is to be written. */
    public boolean isReadable() {
        return x.precision() == Precision.BF16;
    }

    /** Into how many parts the pixels of a set are divided for a sum. */
    static int parts(long pixels) {
        return (int) Math.min(PARTS, (pixels + PART_PIXELS - 1) / PART_PIXELS);
    }

    /** The map before it is normalised. */
    Tensor x() {
        return x;
    }

    Buffer statistics() {
        return statistics;
    }

    Weight weight() {
        return weight;
    }

    Weight bias() {
        return bias;
    }

    float slope() {
        return slope;
    }

    /** Images that are normalised by the same statistics. */
    int setImages() {
        return x.shape().n() / sets;
    }

    /** Whether a gradient reaches the map or what normalises it, so that backward reads both. */
    boolean keeps(Tape tape) {
        return tape.isRecording() && (trains || x.needsGradient());
    }

    private long pixels() {
        return x.shape().pixels() / sets;
    }

    private long plane() {
        return (long) x.shape().h() * x.shape().w();
    }

    /**
     * The normalised map. Where no gradient is kept, it is written over the memory of x, or into other memory and that of x freed.
     *
     * @param into memory for it, or null
     * @throws IllegalArgumentException if {@code into} does not fit, or gradients are kept
     */
    public Tensor write(Tape tape, @Nullable Tensor into) {
        Shape s = x.shape();
        if (into != null && !into.shape().equals(s)) {
            throw new IllegalArgumentException("batch_norm output: want " + s + ", have " + into.shape());
        }
        boolean keeps = keeps(tape);
        if (keeps && into != null) {
            throw new IllegalArgumentException("batch_norm output: want memory of the tape's where gradients are kept");
        }
        Tensor y = into != null ? into : keeps ? tape.layer(s, x, false, true) : tape.overwritten(x);
        Grid numbers = Grid.cover(x.stored());
        Buffer w = weight.values();
        Buffer b = bias.values();
        tape.launch(FORWARD, numbers, x.data(), statistics, w, b, y.data(), pixels(), plane(), s.c(), sets, slope);
        if (keeps) {
            tape.record(y, dy -> backward(tape, dy));
        } else {
            tape.give(statistics);
            if (into != null) {
                tape.give(x.data());
            }
        }
        return y;
    }

    /** Whether backward forms sums over the gradient of the normalised map. */
    boolean sumsGradients() {
        return trains || !frozen;
    }

    /** From the gradient of the normalised map to those of weight, bias and x. */
    private void backward(Tape tape, Buffer dy) {
        if (!sumsGradients()) {
            inputGradient(tape, dy, null);
            return;
        }
        int channels = x.shape().c();
        int parts = parts(pixels());
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
                pixels(),
                plane(),
                channels,
                sets,
                parts,
                slope);
        backward(tape, dy, BACKWARD_WEIGHT, partial, parts);
    }

    /**
     * The same where the sums over dy's tiles are there.
     *
     * @param partial float[sets][tiles][2][C], which is given back; null where {@link #sumsGradients} is not
     * @param tiles of a set
     */
    void backward(Tape tape, Buffer dy, @Nullable Buffer partial, int tiles) {
        if (partial == null) {
            inputGradient(tape, dy, null);
        } else {
            backward(tape, dy, BACKWARD_TILES, partial, tiles);
        }
    }

    private void backward(Tape tape, Buffer dy, Kernel kernel, Buffer partial, int parts) {
        Buffer sums = tape.take(2L * sets * x.shape().c() * Float.BYTES);
        if (trains) {
            weight.contribute(tape, (dw, accumulate) -> {
                Buffer db = Convolution.biasGradient(tape, bias, accumulate);
                addParts(tape, kernel, partial, parts, sums, dw, db, accumulate);
            });
        } else {
            addParts(tape, kernel, partial, parts, sums, null, null, 0);
        }
        tape.give(partial);
        inputGradient(tape, dy, sums);
        tape.give(sums);
    }

    private void addParts(
            Tape tape,
            Kernel kernel,
            Buffer partial,
            int parts,
            Buffer sums,
            @Nullable Buffer dweight,
            @Nullable Buffer dbias,
            int accumulate) {
        int channels = x.shape().c();
        tape.launch(kernel, Grid.cover(channels), partial, sums, dweight, dbias, channels, sets, parts, accumulate);
    }

    /** x's gradient; sums are null where they are not read. */
    private void inputGradient(Tape tape, Buffer dy, @Nullable Buffer sums) {
        tape.contribute(
                x,
                (dx, accumulate) -> tape.launch(
                        BACKWARD_INPUT,
                        Grid.cover(x.stored()),
                        x.data(),
                        dy,
                        statistics,
                        sums,
                        weight.values(),
                        bias.values(),
                        dx,
                        pixels(),
                        plane(),
                        x.shape().c(),
                        sets,
                        slope,
                        frozen ? 1 : 0,
                        accumulate));
    }
}
