package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
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
    private final String stem;
    private final int side;
    private final Kernel packForward;
    private final Kernel packBackward;
    private final Kernel backwardInput;
    private final Kernel backwardWeight;

    Convolution(String stem, int side) {
        this.stem = stem;
        this.side = side;
        packForward = new Kernel(stem + "_pack_forward");
        packBackward = new Kernel(stem + "_pack_backward");
        backwardInput = new Kernel(stem + "_backward_input");
        backwardWeight = new Kernel(stem + "_backward_weight");
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

    private static long packedBytes(int in, int out) {
        return 36L * Float.BYTES * ((in + 15) / 16 * 16L) * ((out + 15) / 16 * 16L);
    }

    /** The weight as forward kernels read it next to {@code x}, in its precision. */
    Buffer packedForward(Tape tape, Tensor x, Weight weight, int out, int shuffle) {
        return packed(tape, packForward, x, weight, out, shuffle);
    }

    private Buffer packed(Tape tape, Kernel pack, Tensor x, Weight weight, int out, int shuffle) {
        int in = x.shape().c();
        Precision precision = x.precision();
        return weight.packed(
                        pack.name() + shuffle + precision.label(),
                        packedBytes(in, out),
                        (values, to) -> tape.launch(
                                pack, Grid.cover((long) in * out), values, to.as(precision), in, out, shuffle))
                .as(precision);
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
                    tape.launch(
                            backwardWeight,
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
            tape.contribute(x, true, (dx, accumulate) -> {
                Buffer packed = packed(tape, packBackward, x, weight, out, shuffle);
                Buffer mask = x.rectified() ? x.data() : null;
                tape.launch(
                        backwardInput,
                        Grid.cover(in, s.w(), s.h()).times(s.n()),
                        dy,
                        packed,
                        mask,
                        dx,
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        shuffle,
                        scale,
                        accumulate);
            });
            if (residual != null) {
                tape.pass(
                        y,
                        residual,
                        (dr, accumulate) -> Add.backward(tape, gradient, dr, residual.stored(), accumulate));
            }
        });
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
