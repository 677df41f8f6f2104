package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** [N, C r^2, H, W] to [N, C, H r, W r]: y[n, c, h r + i, w r + j] = x[n, c r^2 + i r + j, h, w]. */
public final class PixelShuffle {
    private static final Kernel FORWARD = new Kernel("pixel_shuffle_forward");
    private static final Kernel BACKWARD = new Kernel("pixel_shuffle_backward");

    private PixelShuffle() {}

    /**
     * The rearranged image.
     *
     * @throws IllegalArgumentException unless r * r divides the channels
     */
    public static Tensor apply(Tape tape, Tensor x, int r) {
        Shape s = x.shape();
        if (r < 1 || s.c() % (r * r) != 0) {
            throw new IllegalArgumentException(
                    "pixel_shuffle " + r + ": want channels divisible by " + r * r + ", have " + s.c());
        }
        int out = s.c() / (r * r);
        Tensor y = tape.result(new Shape(s.n(), out, s.h() * r, s.w() * r), x);
        Grid grid = Grid.cover(s.elements());
        tape.launch(FORWARD, grid, x.data(), y.data(), s.n(), s.h(), s.w(), out, r);
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) ->
                                tape.launch(BACKWARD, grid, dy, dx, s.n(), s.h(), s.w(), out, r, accumulate)));
        return y;
    }
}
