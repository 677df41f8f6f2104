package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * Cuts training patches out of packed uint8 images that lie on the device, flipped and transposed as planned, to [N, C, size,
 * size] in [0, 1].
 *
 * <p>The plan holds four 64-bit numbers a patch: byte offset of its top-left pixel, row stride in bytes, flags (1 flip
 * horizontally, 2 flip vertically, 4 then transpose), 0.
 */
public final class PatchCrop {
    private static final Kernel FORWARD = new Kernel("patch_crop_forward");

    private PatchCrop() {}

    /**
     * {@code n} patches; no gradient flows through it.
     *
     * @throws IllegalArgumentException if the plan is of fewer patches
     */
    public static Tensor apply(Tape tape, Buffer pixels, Buffer plan, int n, int size, int channels) {
        if (plan.bytes() < 32L * n) {
            throw new IllegalArgumentException("patch_crop plan: want " + 32L * n + " bytes, have " + plan.bytes());
        }
        Tensor y = tape.plain(new Shape(n, channels, size, size));
        tape.launch(FORWARD, Grid.cover((long) n * size * size), pixels, plan, y.data(), n, size, channels);
        return y;
    }
}
