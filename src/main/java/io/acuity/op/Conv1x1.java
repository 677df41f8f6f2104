package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.tensor.Fragments;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * 1x1 convolution: x [N, I, H, W], weight [O, I, 1, 1], bias [O] to y [N, O, H, W]. What is made of bf16 features is bf16, but fp32 for
 * at most 4 channels, as a picture has or a judgement, which losses read; what is made of fp32 is fp32.
 */
public final class Conv1x1 {
    private static final Convolution.Forms FORWARD = Convolution.Forms.of("conv1x1_forward");
    private static final Convolution.Forms BACKWARD_INPUT = Convolution.Forms.of("conv1x1_backward_input");
    private static final Convolution.Forms BACKWARD_WEIGHT = Convolution.Forms.of("conv1x1_backward_weight");
    private static final Kernel PACK_FORWARD = new Kernel("conv1x1_pack_forward");
    private static final Kernel PACK_BACKWARD = new Kernel("conv1x1_pack_backward");

    private final Tape tape;
    private final Tensor x;
    private final Tensor y;
    private final Weight weight;
    private final @Nullable Weight bias;
    private final int in;
    private final int out;

    private Conv1x1(Tape tape, Tensor x, Tensor y, Weight weight, @Nullable Weight bias) {
        this.tape = tape;
        this.x = x;
        this.y = y;
        this.weight = weight;
        this.bias = bias;
        in = x.shape().c();
        out = y.shape().c();
    }

    /**
     * The convolution.
     *
     * @throws IllegalArgumentException if weight or bias does not fit x: wanted and given shape
     */
    public static Tensor apply(Tape tape, Tensor x, Weight weight, @Nullable Weight bias) {
        Shape s = x.shape();
        int out = weight.dimensions().getFirst();
        List<Integer> want = List.of(out, s.c(), 1, 1);
        if (!weight.dimensions().equals(want)) {
            throw new IllegalArgumentException("conv1x1 weight: want " + want + ", have " + weight.dimensions());
        }
        if (bias != null && !bias.dimensions().equals(List.of(out))) {
            throw new IllegalArgumentException("conv1x1 bias: want [" + out + "], have " + bias.dimensions());
        }
        Precision precision = out <= Convolution.PICTURE ? Precision.FP32 : x.precision();
        boolean trains = weight.trains();
        Tensor y = tape.layer(new Shape(s.n(), out, s.h(), s.w()), precision, false, trains || x.needsGradient());
        Conv1x1 convolution = new Conv1x1(tape, x, y, weight, bias);
        convolution.forward();
        tape.record(y, dy -> convolution.backward(dy, trains));
        return y;
    }

    private boolean tensorCores() {
        return x.precision() == Precision.BF16;
    }

    private void forward() {
        Shape s = x.shape();
        Buffer shift = bias == null ? null : bias.values();
        Grid numbers = grid(y);
        Buffer w = tensorCores() ? packed(PACK_FORWARD) : weight.values();
        tape.launch(FORWARD.between(x, y), numbers, x.data(), w, shift, y.data(), s.n(), s.h(), s.w(), in, out);
    }

    private void backward(Buffer dy, boolean trains) {
        Shape s = x.shape();
        if (trains) {
            weight.contribute(tape, (dw, accumulate) -> {
                Buffer db = bias == null ? null : Convolution.biasGradient(tape, bias, accumulate);
                if (tensorCores()) {
                    new WeightGradient(s, out, numbers(y), 1, 1)
                            .form(
                                    tape,
                                    BACKWARD_WEIGHT.between(x, y),
                                    x.data(),
                                    dy,
                                    List.of(),
                                    new WeightGradient.Target(dw, db, 1f, accumulate));
                } else {
                    Kernel kernel = BACKWARD_WEIGHT.features();
                    Grid weights = Grid.cover((long) out * in);
                    tape.launch(kernel, weights, x.data(), dy, dw, db, s.n(), s.h(), s.w(), in, out, accumulate);
                }
            });
        }
        tape.contribute(x, (dx, accumulate) -> {
            Buffer w = tensorCores() ? packed(PACK_BACKWARD) : weight.values();
            tape.launch(BACKWARD_INPUT.between(x, y), grid(x), dy, w, dx, s.n(), s.h(), s.w(), in, out, accumulate);
        });
    }

    /** What a pass to {@code result} covers: its numbers, on tensor cores at each pixel. */
    private Grid grid(Tensor result) {
        Shape s = result.shape();
        return tensorCores() ? Grid.cover(numbers(result), s.w(), s.h()).times(s.n()) : Grid.cover(s.elements());
    }

    /** Numbers of a tensor at a pixel, with those that fill up a block of channels. */
    private static int numbers(Tensor tensor) {
        return Math.toIntExact(tensor.precision().stored(1, tensor.shape().c(), 1, 1));
    }

    /** The weights as tensor cores read them. */
    private Buffer packed(Kernel pack) {
        Fragments order = new Fragments(1, in, out, 1, y.precision() == Precision.FP32, pack.equals(PACK_BACKWARD));
        return weight.packed(
                order,
                (values, to) ->
                        tape.launch(pack, Grid.cover(order.shares()), values, to, in, out, order.picture() ? 1 : 0));
    }
}
