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

/**
 * 3x3 convolution, stride 2, zero padding 1, no bias: x [N, I, H, W], weight [O, I, 3, 3] to y [N, O, ceil(H/2), ceil(W/2)],
 * {@code y[o, r, c] = sum weight[o, i, a, b] x[i, 2r + a - 1, 2c + b - 1]}.
 */
public final class StridedConv3x3 {
    static final Kernel PACK_FORWARD = new Kernel("strided_conv3x3_pack_forward");
    static final Kernel PACK_BACKWARD = new Kernel("strided_conv3x3_pack_backward");
    private static final Kernel FORWARD = new Kernel("strided_conv3x3_forward");
    private static final Kernel BACKWARD_INPUT = new Kernel("strided_conv3x3_backward_input");
    private static final Kernel BACKWARD_WEIGHT = new Kernel("strided_conv3x3_backward_weight");

    private StridedConv3x3() {}

    /**
     * The convolution.
     *
     * @throws IllegalArgumentException if the weight does not fit x: wanted and given shape
     */
    public static Tensor apply(Tape tape, Tensor x, Weight weight) {
        Shape s = x.shape();
        int out = outputs("strided_conv3x3", s, weight);
        Shape shape = result(s, out);
        Tensor y = tape.layer(shape, x, false, weight.trains() || x.needsGradient());
        boolean half = x.precision() == Precision.BF16;
        Buffer forward = packed(tape, PACK_FORWARD, x, weight);
        tape.launch(
                FORWARD, grid(half, out, shape, shape), x.data(), forward, y.data(), s.n(), s.h(), s.w(), s.c(), out);
        record(tape, x, y, weight);
        return y;
    }

    /** Channels out of a weight [out, in, 3, 3], after checking it against the input. */
    static int outputs(String name, Shape x, Weight weight) {
        int out = weight.dimensions().getFirst();
        List<Integer> want = List.of(out, x.c(), 3, 3);
        if (!weight.dimensions().equals(want)) {
            throw new IllegalArgumentException(name + " weight: want " + want + ", have " + weight.dimensions());
        }
        return out;
    }

    /** The result's shape. */
    static Shape result(Shape x, int out) {
        return new Shape(x.n(), out, (x.h() + 1) / 2, (x.w() + 1) / 2);
    }

    /** Records how the gradient of y flows to weight and input. */
    static void record(Tape tape, Tensor x, Tensor y, Weight weight) {
        Shape s = x.shape();
        int in = s.c();
        int out = y.shape().c();
        boolean trains = weight.trains();
        boolean half = x.precision() == Precision.BF16;
        tape.record(y, dy -> {
            if (trains) {
                weight.contribute(tape, (dw, accumulate) -> {
                    if (half) {
                        new WeightGradient(s, out, out, 3, 2)
                                .form(
                                        tape,
                                        BACKWARD_WEIGHT,
                                        x.data(),
                                        dy,
                                        List.of(),
                                        new WeightGradient.Target(dw, null, 1f, accumulate));
                    } else {
                        Grid weights = Grid.cover(9L * in * out);
                        tape.launch(
                                BACKWARD_WEIGHT, weights, x.data(), dy, dw, s.n(), s.h(), s.w(), in, out, accumulate);
                    }
                });
            }
            tape.contribute(x, (dx, accumulate) -> {
                Buffer backward = packed(tape, PACK_BACKWARD, x, weight);
                Grid pixels = grid(half, in, s, y.shape());
                tape.launch(BACKWARD_INPUT, pixels, dy, backward, dx, s.n(), s.h(), s.w(), in, out, accumulate);
            });
        });
    }

    /** What a pass to {@code channels} at the pixels of {@code result} covers; on tensor cores both passes cover those of y. */
    static Grid grid(boolean half, int channels, Shape result, Shape y) {
        return half
                ? Grid.cover(Precision.BF16.stored(1, channels, 1, 1), y.w(), y.h())
                        .times(y.n())
                : Grid.cover(channels, result.w(), (long) result.n() * result.h());
    }

    /** The weights as a kernel reads them: fragments for tensor cores, or with room for what Winograd's algorithm makes of 9. */
    static Buffer packed(Tape tape, Kernel pack, Tensor x, Weight weight) {
        int out = weight.dimensions().getFirst();
        int in = x.shape().c();
        if (x.precision() == Precision.BF16) {
            Fragments order = new Fragments(3, in, out, 1, false, pack.equals(PACK_BACKWARD));
            return weight.packed(
                    order, (values, to) -> tape.launch(pack, Grid.cover(order.shares()), values, to, in, out));
        }
        long bytes = 49L * Float.BYTES * ((in + 15) / 16 * 16L) * ((out + 15) / 16 * 16L);
        return weight.packed(
                pack.name(),
                bytes,
                (values, to) -> tape.launch(pack, Grid.cover((long) in * out), values, to, in, out));
    }
}
