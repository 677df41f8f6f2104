package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
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
    private static final Kernel PACK_FORWARD = new Kernel("strided_conv3x3_pack_forward");
    private static final Kernel PACK_BACKWARD = new Kernel("strided_conv3x3_pack_backward");
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
        int in = s.c();
        int out = weight.dimensions().getFirst();
        List<Integer> want = List.of(out, in, 3, 3);
        if (!weight.dimensions().equals(want)) {
            throw new IllegalArgumentException(
                    "strided_conv3x3 weight: want " + want + ", have " + weight.dimensions());
        }
        Shape shape = new Shape(s.n(), out, (s.h() + 1) / 2, (s.w() + 1) / 2);
        boolean trains = weight.trains();
        Tensor y = tape.layer(shape, x, false, trains || x.needsGradient());
        tape.launch(
                FORWARD,
                Grid.cover(out, shape.w(), (long) s.n() * shape.h()),
                x.data(),
                packed(tape, PACK_FORWARD, weight, in, out),
                y.data(),
                s.n(),
                s.h(),
                s.w(),
                in,
                out);
        tape.record(y, dy -> {
            if (trains) {
                weight.contribute(
                        tape,
                        (dw, accumulate) -> tape.launch(
                                BACKWARD_WEIGHT,
                                Grid.cover(9L * in * out),
                                x.data(),
                                dy,
                                dw,
                                s.n(),
                                s.h(),
                                s.w(),
                                in,
                                out,
                                accumulate));
            }
            tape.contribute(
                    x,
                    (dx, accumulate) -> tape.launch(
                            BACKWARD_INPUT,
                            Grid.cover(in, s.w(), (long) s.n() * s.h()),
                            dy,
                            packed(tape, PACK_BACKWARD, weight, in, out),
                            dx,
                            s.n(),
                            s.h(),
                            s.w(),
                            in,
                            out,
                            accumulate));
        });
        return y;
    }

    /** Room for 49 numbers a pair of channels: what Winograd's algorithm makes of 9. */
    private static Buffer packed(Tape tape, Kernel pack, Weight weight, int in, int out) {
        long bytes = 49L * Float.BYTES * ((in + 15) / 16 * 16L) * ((out + 15) / 16 * 16L);
        return weight.packed(
                pack.name(),
                bytes,
                (values, to) -> tape.launch(pack, Grid.cover((long) in * out), values, to, in, out));
    }
}
