package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;

/**
 * 3x3x3 convolution with one filter over an image taken as a volume, its channels as depth: x and y [N, C, H, W], weight
 * [1, 1, 3, 3, 3] (depth, rows, columns), bias [1]; stride 1, zero padding 1.
 */
public final class Conv3d {
    private static final Kernel FORWARD = new Kernel("conv3d_forward");
    private static final Kernel BACKWARD_INPUT = new Kernel("conv3d_backward_input");
    private static final Kernel BACKWARD_WEIGHT = new Kernel("conv3d_backward_weight");
    private static final int TAPS_AND_BIAS = 28;
    private static final int BLOCK = 256;

    private Conv3d() {}

    /**
     * The convolution.
     *
     * @throws IllegalArgumentException if weight or bias is of another size
     */
    public static Tensor apply(Tape tape, Tensor x, Weight weight, Weight bias) {
        if (!weight.dimensions().equals(List.of(1, 1, 3, 3, 3))) {
            throw new IllegalArgumentException("conv3d weight: want [1, 1, 3, 3, 3], have " + weight.dimensions());
        }
        if (!bias.dimensions().equals(List.of(1))) {
            throw new IllegalArgumentException("conv3d bias: want [1], have " + bias.dimensions());
        }
        Shape s = x.shape();
        Grid all = Grid.cover(s.elements());
        boolean trains = weight.trains() || x.needsGradient();
        Tensor y = tape.layer(s, x, false, trains);
        tape.launch(FORWARD, all, x.data(), weight.values(), bias.values(), y.data(), s.n(), s.h(), s.w(), s.c());
        tape.record(y, dy -> {
            if (weight.trains()) {
                weight.contribute(
                        tape,
                        (dw, accumulate) -> tape.launch(
                                BACKWARD_WEIGHT,
                                Grid.cover((long) BLOCK * TAPS_AND_BIAS),
                                x.data(),
                                dy,
                                dw,
                                Convolution.biasGradient(tape, bias, accumulate),
                                s.n(),
                                s.h(),
                                s.w(),
                                s.c(),
                                accumulate));
            }
            tape.contribute(
                    x,
                    (dx, accumulate) -> tape.launch(
                            BACKWARD_INPUT, all, dy, weight.values(), dx, s.n(), s.h(), s.w(), s.c(), accumulate));
        });
        return y;
    }
}
