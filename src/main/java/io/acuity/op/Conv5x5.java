package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * 5x5 convolution, stride 1, zero padding 2, optionally pixel-shuffled: the form of a collapsed upsampling tail.
 *
 * <p>x [N, I, H, W], weight [O, I, 5, 5], bias [O]; y [N, O/r^2, H r, W r] with shuffle r in 1..4.
 */
public final class Conv5x5 {
    private static final Convolution CONVOLUTION = new Convolution("conv5x5", 5);

    private static final Kernel COMPARE = new Kernel("conv5x5_forward_loss");

    private Conv5x5() {}

    /**
     * The convolution.
     *
     * @throws IllegalArgumentException if weight, bias or shuffle does not fit: wanted and given shape
     */
    public static Tensor apply(Tape tape, Tensor x, Weight weight, @Nullable Weight bias, int shuffle) {
        Shape s = x.shape();
        int out = CONVOLUTION.outputs(s, weight, bias, shuffle);
        Shape shape = CONVOLUTION.resultShape(s, out, shuffle);
        boolean trains = weight.trains() || x.needsGradient();
        Tensor y = tape.layer(shape, Convolution.resultPrecision(tape, x, shape), false, trains);
        tape.launch(
                CONVOLUTION.forward(x, y),
                Convolution.forwardGrid(x, y, out, shuffle),
                x.data(),
                CONVOLUTION.packedForward(tape, x, y, weight, out, shuffle),
                bias == null ? null : bias.values(),
                y.data(),
                s.n(),
                s.h(),
                s.w(),
                s.c(),
                out,
                shuffle);
        CONVOLUTION.backward(tape, x, y, weight, bias, null, out, shuffle, 1f);
        return y;
    }

    /** The convolution to a picture y in bf16 that is compared at once, but for its ring, and not written here; see {@link TailLoss}. */
    static void compare(
            Tape tape, Tensor x, Weight weight, Weight bias, int shuffle, Tensor y, TailLoss.Comparison comparison) {
        Shape s = x.shape();
        int out = CONVOLUTION.outputs(s, weight, bias, shuffle);
        Buffer packed = CONVOLUTION.packedForward(tape, x, y, weight, out, shuffle);
        tape.launch(
                COMPARE,
                Convolution.forwardGrid(x, y, out, shuffle),
                comparison.arguments(
                        List.of(x.data(), packed, bias.values()), s.n(), s.h(), s.w(), s.c(), out, shuffle));
        CONVOLUTION.backward(tape, x, y, weight, bias, null, out, shuffle, 1f);
    }
}
