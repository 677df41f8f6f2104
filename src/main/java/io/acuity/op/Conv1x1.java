package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** 1x1 convolution: x [N, I, H, W], weight [O, I, 1, 1], bias [O] to y [N, O, H, W]. */
public final class Conv1x1 {
    private static final Kernel FORWARD = new Kernel("conv1x1_forward");
    private static final Kernel BACKWARD_INPUT = new Kernel("conv1x1_backward_input");
    private static final Kernel BACKWARD_WEIGHT = new Kernel("conv1x1_backward_weight");

    private Conv1x1() {}

    /**
     * The convolution.
     *
     * @throws IllegalArgumentException if weight or bias does not fit x: wanted and given shape
     */
    public static Tensor apply(Tape tape, Tensor x, Weight weight, @Nullable Weight bias) {
        Shape s = x.shape();
        int in = s.c();
        int out = weight.dimensions().getFirst();
        List<Integer> want = List.of(out, in, 1, 1);
        if (!weight.dimensions().equals(want)) {
            throw new IllegalArgumentException("conv1x1 weight: want " + want + ", have " + weight.dimensions());
        }
        if (bias != null && !bias.dimensions().equals(List.of(out))) {
            throw new IllegalArgumentException("conv1x1 bias: want [" + out + "], have " + bias.dimensions());
        }
        Shape shape = new Shape(s.n(), out, s.h(), s.w());
        boolean trains = weight.trains();
        Tensor y = tape.layer(shape, x, false, trains || x.needsGradient());
        tape.launch(
                FORWARD,
                Grid.cover(s.pixels() * out),
                x.data(),
                weight.values(),
                bias == null ? null : bias.values(),
                y.data(),
                s.pixels(),
                in,
                out);
        tape.record(y, dy -> {
            if (trains) {
                weight.contribute(
                        tape,
                        (dw, accumulate) -> tape.launch(
                                BACKWARD_WEIGHT,
                                Grid.cover((long) out * in),
                                x.data(),
                                dy,
                                dw,
                                bias == null ? null : Convolution.biasGradient(tape, bias, accumulate),
                                s.pixels(),
                                in,
                                out,
                                accumulate));
            }
            tape.contribute(
                    x,
                    (dx, accumulate) -> tape.launch(
                            BACKWARD_INPUT,
                            Grid.cover(s.pixels() * in),
                            dy,
                            weight.values(),
                            dx,
                            s.pixels(),
                            in,
                            out,
                            accumulate));
        });
        return y;
    }
}
