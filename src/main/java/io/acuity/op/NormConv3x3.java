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
 * 3x3 convolution, stride 1 or 2, zero padding 1, no bias, between two batch normalisations, in bf16 alone: x [N, I, H, W], weight [O, I,
 * 3, 3] to y [N, O, H, W] or [N, O, ceil(H/2), ceil(W/2)]. It normalises what it reads on its tiles, forward and for the gradient of its
 * weight, so that a normalised map is never written; and it forms what normalisations want of its tiles: the moments of its result, and
 * the sums over the gradient of what it read. Results are those of writing the normalised map and convolving it ({@link Conv3x3}, {@link
 * StridedConv3x3}), bit for bit; sums over tiles go in an order of their own.
 */
public final class NormConv3x3 {
    private static final Convolution DENSE = new Convolution("conv3x3", 3);
    private static final Passes STRIDE_1 = new Passes(1, 8, "norm_conv3x3");
    private static final Passes STRIDE_2 = new Passes(2, 4, "norm_strided_conv3x3");

    /** The kernels of a stride, with the rows of their tiles. */
    private record Passes(int stride, int tileRows, Kernel forward, Kernel backwardWeight, Kernel backwardInput) {
        Passes(int stride, int tileRows, String stem) {
            this(
                    stride,
                    tileRows,
                    new Kernel(stem + "_forward"),
                    new Kernel(stem + "_backward_weight"),
                    new Kernel(stem + "_backward_input"));
        }

        static Passes of(boolean strided) {
            return strided ? STRIDE_2 : STRIDE_1;
        }

        Shape result(Shape x, int out) {
            return stride == 2 ? StridedConv3x3.result(x, out) : new Shape(x.n(), out, x.h(), x.w());
        }

        /** A pass to features of {@code channels} at pixels of y. */
        Grid grid(int channels, Shape y) {
            return StridedConv3x3.grid(true, channels, y, y);
        }
    }

    private NormConv3x3() {}

    /**
     * The convolution of a map that is as it should be.
     *
     * @param moments whether those of the result are wanted
     * @throws IllegalArgumentException if the weight does not fit x, or x is not in bf16
     */
    public static Convolved apply(Tape tape, Tensor x, Weight weight, boolean strided, boolean moments) {
        Passes passes = Passes.of(strided);
        Convolved y = forward(tape, passes, x, null, weight, moments, weight.trains() || x.needsGradient());
        if (strided) {
            StridedConv3x3.record(tape, x, y.map(), weight);
        } else {
            int out = y.map().shape().c();
            DENSE.backward(tape, x, y.map(), weight, null, null, out, 1, 1f);
        }
        return y;
    }

    /** The convolution of a map that is yet to be normalised, which is used up. */
    public static Convolved apply(Tape tape, Normalised x, Weight weight, boolean strided, boolean moments) {
        Passes passes = Passes.of(strided);
        boolean reaches = x.keeps(tape);
        boolean trains = weight.trains();
        Convolved y = forward(tape, passes, x.x(), x, weight, moments, trains || reaches);
        if (tape.isRecording() && (trains || reaches)) {
            tape.record(y.map(), dy -> {
                if (trains) {
                    weight.contribute(tape, (dw, accumulate) -> weightGradient(tape, passes, x, dy, y, dw, accumulate));
                }
                if (reaches) {
                    inputGradient(tape, passes, x, dy, y, weight);
                }
            });
        } else {
            tape.give(x.statistics());
            tape.give(x.x().data());
        }
        return y;
    }

    private static Convolved forward(
            Tape tape,
            Passes passes,
            Tensor x,
            @Nullable Normalised norm,
            Weight weight,
            boolean wantsMoments,
            boolean trains) {
        Shape s = x.shape();
        if (x.precision() != Precision.BF16) {
            throw new IllegalArgumentException(
                    "norm_conv3x3 input: want bf16, have " + x.precision().label());
        }
        int out = StridedConv3x3.outputs("norm_conv3x3", s, weight);
        Shape shape = passes.result(s, out);
        Tensor y = tape.layer(shape, x, false, trains);
        long tiles = shape.n() * Convolved.tiles(shape.h(), shape.w(), passes.tileRows());
        Buffer moments = wantsMoments ? tape.take(2 * tiles * out * Float.BYTES) : null;
        tape.launch(
                passes.forward(),
                passes.grid(out, shape),
                x.data(),
                norm == null ? null : norm.statistics(),
                norm == null ? null : norm.weight().values(),
                norm == null ? null : norm.bias().values(),
                StridedConv3x3.packed(tape, StridedConv3x3.PACK_FORWARD, x, weight),
                y.data(),
                moments,
                s.n(),
                s.h(),
                s.w(),
                s.c(),
                out,
                norm == null ? s.n() : norm.setImages(),
                norm == null ? 1f : norm.slope());
        return new Convolved(y, moments, passes.tileRows());
    }

    private static void weightGradient(
            Tape tape, Passes passes, Normalised x, Buffer dy, Convolved y, Buffer dw, int accumulate) {
        int out = y.map().shape().c();
        List<Object> norm =
                List.of(x.statistics(), x.weight().values(), x.bias().values(), x.setImages(), x.slope());
        new WeightGradient(x.x().shape(), out, out, 3, passes.stride())
                .form(
                        tape,
                        passes.backwardWeight(),
                        x.x().data(),
                        dy,
                        norm,
                        new WeightGradient.Target(dw, null, 1f, accumulate));
    }

    private static void inputGradient(Tape tape, Passes passes, Normalised x, Buffer dy, Convolved y, Weight weight) {
        Tensor map = x.x();
        Shape s = map.shape();
        Shape result = y.map().shape();
        int tiles = Math.toIntExact(Convolved.tiles(result.h(), result.w(), passes.tileRows()));
        Buffer partial = x.sumsGradients() ? tape.take(2L * s.n() * tiles * s.c() * Float.BYTES) : null;
        Buffer dn = tape.take(Tensor.bytes(s, Precision.BF16), Precision.BF16);
        tape.launch(
                passes.backwardInput(),
                passes.grid(s.c(), result),
                dy,
                StridedConv3x3.packed(tape, StridedConv3x3.PACK_BACKWARD, map, weight),
                map.data(),
                x.statistics(),
                x.weight().values(),
                x.bias().values(),
                dn,
                partial,
                s.n(),
                s.h(),
                s.w(),
                s.c(),
                result.c(),
                x.setImages(),
                x.slope());
        x.backward(tape, dn, partial, x.setImages() * tiles);
        tape.give(dn);
    }
}
