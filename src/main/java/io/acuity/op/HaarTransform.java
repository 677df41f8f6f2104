package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * One level of the orthonormal Haar transform, its low-pass band left out: x [N, C, H, W] to [N, 3 C, H/2, W/2]. Of each block
 * [a b; c d] the bands are LH = (a + b - c - d) / 2, HL = (a - b + c - d) / 2 and HH = (a - b - c + d) / 2; all channels of LH
 * come first, then those of HL, then of HH.
 */
public final class HaarTransform {
    private static final Kernel FORWARD = new Kernel("haar_transform_forward");
    private static final Kernel BACKWARD = new Kernel("haar_transform_backward");

    private HaarTransform() {}

    /**
     * The three bands, in the precision of x.
     *
     * @throws IllegalArgumentException unless height and width are even
     */
    public static Tensor apply(Tape tape, Tensor x) {
        return run(tape, x, tape.result(bands(x.shape()), x));
    }

    /**
     * The three bands of pictures [N, 3, H, W], [N, 9, H/2, W/2], as features: in the device's precision.
     *
     * @throws IllegalArgumentException unless they have 3 channels, and height and width are even
     */
    public static Tensor features(Tape tape, Tensor pictures) {
        Shape s = pictures.shape();
        if (s.c() != 3) {
            throw new IllegalArgumentException("haar_transform: want pictures of 3 channels, have " + s);
        }
        return run(tape, pictures, tape.layer(bands(s), tape.device().precision(), false, pictures.needsGradient()));
    }

    private static Tensor run(Tape tape, Tensor x, Tensor y) {
        Shape s = x.shape();
        Grid grid = Grid.cover(y.shape().elements() / 3);
        tape.launch(FORWARD, grid, x.data(), y.data(), s.n(), s.h(), s.w(), s.c());
        tape.record(
                y,
                dy -> tape.contribute(
                        x,
                        (dx, accumulate) ->
                                tape.launch(BACKWARD, grid, dy, dx, s.n(), s.h(), s.w(), s.c(), accumulate)));
        return y;
    }

    /** The shape of the bands of images of shape {@code s}. */
    static Shape bands(Shape s) {
        if (s.h() % 2 != 0 || s.w() % 2 != 0) {
            throw new IllegalArgumentException("haar_transform: want even height and width, have " + s);
        }
        return new Shape(s.n(), 3 * s.c(), s.h() / 2, s.w() / 2);
    }
}
