package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * 3x3 convolution, stride 1, zero padding 1, with everything pointwise around it in the same kernel:
 * {@code y = residual + scale * act(conv(x, weight) + bias)}, optionally pixel-shuffled.
 *
 * <p>x [N, I, H, W], weight [O, I, 3, 3], bias [O]; y [N, O, H, W], or [N, O/r^2, H r, W r] with shuffle r.
 */
public final class Conv3x3 {
    private static final Convolution CONVOLUTION = new Convolution("conv3x3", 3);
    private static final Kernel FORWARD_SUMS = new Kernel("conv3x3_forward_sums");

    private Conv3x3() {}

    /** What follows the sum: at most a ReLU, a factor, a residual of y's shape, a pixel shuffle. */
    public record Epilogue(
            boolean relu, float scale, @Nullable Tensor residual, int shuffle) {
        public static final Epilogue NONE = new Epilogue(false, 1f, null, 1);
        public static final Epilogue RELU = new Epilogue(true, 1f, null, 1);

        public Epilogue {
            if (relu && (residual != null || scale != 1f)) {
                throw new IllegalArgumentException("conv3x3: want ReLU without residual and with scale 1, have scale "
                        + scale + ", residual " + residual);
            }
        }

        public static Epilogue residual(Tensor residual, float scale) {
            return new Epilogue(false, scale, residual, 1);
        }

        public static Epilogue shuffle(int factor) {
            return new Epilogue(false, 1f, null, factor);
        }
    }

    /**
     * {@code residual + scale * (conv(x) + bias)}, written over the residual's memory when the tape keeps nothing; the residual
     * may not be used again, and needs no {@link Tape#done}. Two tensors then go round a chain of blocks instead of three, which
     * stay in the cache longer.
     */
    public static Tensor onto(Tape tape, Tensor x, Weight weight, @Nullable Weight bias, Tensor residual, float scale) {
        Epilogue epilogue = Epilogue.residual(residual, scale);
        if (tape.isRecording()) {
            return apply(tape, x, weight, bias, epilogue);
        }
        return run(tape, x, weight, bias, epilogue, _ -> tape.overwritten(residual));
    }

    /** The convolution with a result in fp32 on every device: numbers of a picture whose pixels are yet to be shuffled. */
    public static Tensor picture(Tape tape, Tensor x, Weight weight, @Nullable Weight bias) {
        boolean trains = weight.trains() || x.needsGradient();
        return run(tape, x, weight, bias, Epilogue.NONE, shape -> tape.layer(shape, Precision.FP32, false, trains));
    }

    /**
     * The convolution and its epilogue. A result that came out of the ReLU is rectified.
     *
     * @throws IllegalArgumentException if weight, bias, residual or shuffle does not fit: wanted and given shape
     */
    public static Tensor apply(Tape tape, Tensor x, Weight weight, @Nullable Weight bias, Epilogue epilogue) {
        Tensor residual = epilogue.residual();
        boolean trains = weight.trains() || x.needsGradient() || (residual != null && residual.needsGradient());
        return run(
                tape,
                x,
                weight,
                bias,
                epilogue,
                shape -> tape.layer(shape, Convolution.resultPrecision(tape, x, shape), epilogue.relu(), trains));
    }

    /**
     * A result and, between features in bf16, sums of each channel over tiles of its pixels: scratch memory that its one reader gives
     * back.
     */
    public record Summed(Tensor y, @Nullable Buffer sums) {}

    /** The convolution, for a reader of its result that wants the means of channels, as {@link SqueezeExcitation} does. */
    public static Summed summed(Tape tape, Tensor x, Weight weight, @Nullable Weight bias) {
        Shape s = x.shape();
        int out = CONVOLUTION.outputs(s, weight, bias, 1);
        Shape shape = CONVOLUTION.resultShape(s, out, 1);
        boolean features =
                x.precision() == Precision.BF16 && Convolution.resultPrecision(tape, x, shape) == Precision.BF16;
        if (!features) {
            return new Summed(apply(tape, x, weight, bias, Epilogue.NONE), null);
        }
        Tensor y = tape.layer(shape, Precision.BF16, false, weight.trains() || x.needsGradient());
        Buffer sums = TileSums.take(tape, shape);
        tape.launch(
                FORWARD_SUMS,
                Convolution.forwardGrid(x, y, out, 1),
                x.data(),
                CONVOLUTION.packedForward(tape, x, y, weight, out, 1),
                bias == null ? null : bias.values(),
                y.data(),
                sums,
                s.n(),
                s.h(),
                s.w(),
                s.c(),
                out);
        CONVOLUTION.backward(tape, x, y, weight, bias, null, out, 1, 1f);
        return new Summed(y, sums);
    }

    private static Tensor run(
            Tape tape,
            Tensor x,
            Weight weight,
            @Nullable Weight bias,
            Epilogue epilogue,
            Function<Shape, Tensor> memory) {
        Shape s = x.shape();
        int shuffle = epilogue.shuffle();
        int out = CONVOLUTION.outputs(s, weight, bias, shuffle);
        Shape shape = CONVOLUTION.resultShape(s, out, shuffle);
        Tensor residual = epilogue.residual();
        if (residual != null && !residual.shape().equals(shape)) {
            throw new IllegalArgumentException("conv3x3 residual: want " + shape + ", have " + residual.shape());
        }
        Tensor y = memory.apply(shape);
        tape.launch(
                CONVOLUTION.forward(x, y),
                Convolution.forwardGrid(x, y, out, shuffle),
                x.data(),
                CONVOLUTION.packedForward(tape, x, y, weight, out, shuffle),
                bias == null ? null : bias.values(),
                residual == null ? null : residual.data(),
                y.data(),
                s.n(),
                s.h(),
                s.w(),
                s.c(),
                out,
                shuffle,
                epilogue.relu() ? 1 : 0,
                epilogue.scale());
        CONVOLUTION.backward(tape, x, y, weight, bias, residual, out, shuffle, epilogue.scale());
        return y;
    }
}
