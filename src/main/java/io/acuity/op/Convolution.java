package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.tensor.Fragments;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the square convolutions with packed weights share: checks, packed copies, and the two backward launches. A stem such as
 * {@code conv3x3} names the five kernels.
 */
final class Convolution {
    /** Channels that a picture has at most. */
    static final int PICTURE = 4;

    /** Between feature maps in bf16 alone. */
    private static final Kernel BACKWARD_SKIP = new Kernel("conv3x3_backward_input_skip");

    /** Likewise. */
    private static final Kernel BACKWARD_PRODUCT = new Kernel("conv3x3_backward_input_product");

    private final String stem;
    private final int side;
    private final Kernel packForward;
    private final Kernel packBackward;
    private final Forms forward;
    private final Forms backwardInput;
    private final Forms backwardWeight;

    /** A pass between feature maps, from a picture, and to a picture; in fp32 there is one kernel for all. */
    record Forms(Kernel features, Kernel head, Kernel tail) {
        static Forms of(String name) {
            return new Forms(new Kernel(name), new Kernel(name + "_head"), new Kernel(name + "_tail"));
        }

        Kernel between(Tensor x, Tensor y) {
            if (x.precision() == y.precision()) {
                return features;
            }
            return x.precision() == Precision.FP32 ? head : tail;
        }
    }

    Convolution(String stem, int side) {
        this.stem = stem;
        this.side = side;
        packForward = new Kernel(stem + "_pack_forward");
        packBackward = new Kernel(stem + "_pack_backward");
        forward = Forms.of(stem + "_forward");
        backwardInput = Forms.of(stem + "_backward_input");
        backwardWeight = Forms.of(stem + "_backward_weight");
    }

    /** Channels out of a weight [out, in, side, side], after checking it against the input. */
    int outputs(Shape x, Weight weight, @Nullable Weight bias, int shuffle) {
        List<Integer> have = weight.dimensions();
        int out = have.getFirst();
        List<Integer> want = List.of(out, x.c(), side, side);
        if (!have.equals(want)) {
            throw new IllegalArgumentException(stem + " weight: want " + want + ", have " + have);
        }
        if (bias != null && !bias.dimensions().equals(List.of(out))) {
            throw new IllegalArgumentException(stem + " bias: want [" + out + "], have " + bias.dimensions());
        }
        if (out % (shuffle * shuffle) != 0) {
            throw new IllegalArgumentException(stem + " shuffle " + shuffle + ": want outputs divisible by "
                    + shuffle * shuffle + ", have " + out);
        }
        return out;
    }

    Shape resultShape(Shape x, int outputs, int shuffle) {
        return new Shape(x.n(), outputs / (shuffle * shuffle), x.h() * shuffle, x.w() * shuffle);
    }

    /**
     * What the result is stored as: next to bf16 features, at most {@value #PICTURE} channels are a picture in fp32. So are those that
     * {@code x} has on a device of bf16; other plain tensors stay plain.
     */
    static Precision resultPrecision(Tape tape, Tensor x, Shape result) {
        boolean picture = result.c() <= PICTURE;
        if (x.precision() == Precision.BF16) {
            return picture ? Precision.FP32 : Precision.BF16;
        }
        return x.shape().c() <= PICTURE && !picture ? tape.device().precision() : Precision.FP32;
    }

    private static boolean tensorCores(Tensor x, Tensor y) {
        return x.precision() == Precision.BF16 || y.precision() == Precision.BF16;
    }

    /** The kernel that computes y from x. */
    Kernel forward(Tensor x, Tensor y) {
        return forward.between(x, y);
    }

    /** What the forward kernels' grids cover for one pixel of x. */
    static Grid forwardGrid(Tensor x, Tensor y, int out, int shuffle) {
        Shape s = x.shape();
        return Grid.cover(numbers(x, y, out, shuffle), s.w(), s.h()).times(s.n());
    }

    /** Numbers of y at a pixel of x, with those that fill up blocks of channels. */
    private static int numbers(Tensor x, Tensor y, int out, int shuffle) {
        return tensorCores(x, y)
                ? Math.toIntExact(y.precision().stored(1, y.shape().c(), 1, 1)) * shuffle * shuffle
                : out;
    }

    private static long packedBytes(int in, int out) {
        return 36L * Float.BYTES * ((in + 15) / 16 * 16L) * ((out + 15) / 16 * 16L);
    }

    /** The weight as the forward kernel from x to y reads it. */
    Buffer packedForward(Tape tape, Tensor x, Tensor y, Weight weight, int out, int shuffle) {
        return packed(tape, packForward, x, y, weight, out, shuffle);
    }

    private Buffer packed(Tape tape, Kernel pack, Tensor x, Tensor y, Weight weight, int out, int shuffle) {
        int in = x.shape().c();
        if (!tensorCores(x, y)) {
            return weight.packed(
                    pack.name() + shuffle,
                    packedBytes(in, out),
                    (values, to) -> tape.launch(pack, Grid.cover((long) in * out), values, to, in, out, shuffle));
        }
        Fragments order =
                new Fragments(side, in, out, shuffle, y.precision() == Precision.FP32, pack.equals(packBackward));
        return weight.packed(
                order,
                (values, to) -> tape.launch(
                        pack, Grid.cover(order.shares()), values, to, in, out, shuffle, order.picture() ? 1 : 0));
    }

    /** Records how the gradient flows to weight, bias and input; {@code residual} receives it last and may take it over. */
    void backward(
            Tape tape,
            Tensor x,
            Tensor y,
            Weight weight,
            @Nullable Weight bias,
            @Nullable Tensor residual,
            int out,
            int shuffle,
            float scale) {
        Shape s = x.shape();
        int in = s.c();
        boolean trains = weight.trains(); // as it was going forward: the owner may freeze or thaw before backward
        tape.record(y, gradient -> {
            Buffer dy = y.rectified() ? tape.masked(y, gradient) : gradient;
            if (trains) {
                weight.contribute(tape, (dw, accumulate) -> {
                    Buffer db = bias == null ? null : biasGradient(tape, bias, accumulate);
                    if (accumulate == 1) {
                        tape.finishDeferred(); // what this adds to may be among it
                    }
                    if (tensorCores(x, y)) {
                        // a derived weight's gradient is read in this pass
                        boolean alone = accumulate == 1 || !(weight instanceof Parameter);
                        WeightGradient.Target to = new WeightGradient.Target(dw, db, scale, accumulate);
                        weightGradient(tape, x, y, dy, shuffle, alone, to);
                        return;
                    }
                    tape.launch(
                            backwardWeight.features(),
                            Grid.cover((long) out * in * side * side),
                            x.data(),
                            dy,
                            dw,
                            db,
                            s.n(),
                            s.h(),
                            s.w(),
                            in,
                            out,
                            shuffle,
                            scale,
                            accumulate);
                });
            }
            inputGradient(tape, x, y, dy, weight, out, shuffle, scale);
            if (residual != null) {
                tape.pass(
                        y,
                        residual,
                        (dr, accumulate) -> Add.backward(tape, gradient, dr, residual.stored(), accumulate));
            }
        });
    }

    private void inputGradient(
            Tape tape, Tensor x, Tensor y, Buffer dy, Weight weight, int out, int shuffle, float scale) {
        Shape s = x.shape();
        Grid pixels = Grid.cover(s.c(), s.w(), s.h()).times(s.n());
        Buffer mask = x.rectified() ? x.data() : null;
        Tape.Contribution add = (dx, accumulate) -> {
            Buffer packed = packed(tape, packBackward, x, y, weight, out, shuffle);
            Kernel kernel = backwardInput.between(x, y);
            tape.launch(
                    kernel, pixels, dy, packed, mask, dx, s.n(), s.h(), s.w(), s.c(), out, shuffle, scale, accumulate);
        };
        if (side != 3 || x.precision() != Precision.BF16 || y.precision() != Precision.BF16) {
            tape.contribute(x, true, add);
            return;
        }
        tape.contributeOnto(x, true, (dx, base) -> {
            Tensor factor = tape.wantedFactor(x);
            if (factor != null && mask == null && shuffle == 1) {
                Buffer packed = packed(tape, packBackward, x, y, weight, out, shuffle);
                Buffer sums = TileSums.take(tape, s);
                tape.launch(
                        BACKWARD_PRODUCT,
                        pixels,
                        dy,
                        packed,
                        base,
                        factor.data(),
                        dx,
                        sums,
                        s.n(),
                        s.h(),
                        s.w(),
                        s.c(),
                        out,
                        scale);
                tape.leaveProduct(x, sums);
                return;
            }
            if (base == null || base == dx) {
                add.write(dx, base == null ? 0 : 1);
                return;
            }
            Buffer packed = packed(tape, packBackward, x, y, weight, out, shuffle);
            tape.launch(
                    BACKWARD_SKIP, pixels, dy, packed, mask, base, dx, s.n(), s.h(), s.w(), s.c(), out, shuffle, scale);
        });
    }

    /** The gradients of weight and bias on tensor cores, now or with those of equal layers. */
    private void weightGradient(
            Tape tape, Tensor x, Tensor y, Buffer dy, int shuffle, boolean alone, WeightGradient.Target to) {
        int out = y.shape().c() * shuffle * shuffle;
        WeightGradient gradient = new WeightGradient(x.shape(), out, numbers(x, y, out, shuffle), side, 1);
        boolean features = x.precision() == y.precision() && shuffle == 1 && side == 3;
        if (!alone && features && tape.defers() && WeightGradientGroup.pays(dy) && tape.keep(y)) {
            WeightGradientGroup.put(tape, gradient, x.data(), dy, to);
        } else {
            gradient.form(tape, backwardWeight.between(x, y), x.data(), dy, List.of(shuffle), to);
        }
    }

    /** A bias is used exactly where its weight is, so both are written or added to alike. */
    static Buffer biasGradient(Tape tape, Weight bias, int accumulate) {
        Buffer[] buffer = new Buffer[1];
        bias.contribute(tape, (db, acc) -> {
            if (acc != accumulate) {
                throw new IllegalStateException("bias " + bias.dimensions() + ": want it used wherever its weight is");
            }
            buffer[0] = db;
        });
        return buffer[0];
    }
}
