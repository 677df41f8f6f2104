package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/**
 * Reads the one 5x5 convolution that a linear upsampling tail amounts to off the tail's responses to impulses.
 *
 * <p>responses [F + 1, 3, 7 r, 7 r]: image c is the answer to a one at (3, 3) of channel c, image F the answer to zeros. Gives
 * weight [3 r^2, F, 5, 5] and bias [3 r^2] for a convolution with pixel shuffle r:
 * {@code weight[o r^2 + i r + j, c, ky, kx] = R[c, o, (5 - ky) r + i, (5 - kx) r + j] - R[F, ...]}.
 */
public final class TailGather {
    private static final Kernel FORWARD = new Kernel("tail_gather_forward");
    private static final Kernel BACKWARD = new Kernel("tail_gather_backward");

    /** Side of a probe image in LR pixels: the 5 x 5 that an impulse reaches, and one more around that no border touches. */
    public static final int PROBE = 7;

    private static final int REACH = 5;
    private static final int RGB = 3;

    private TailGather() {}

    /** Weight and bias as tensors of [3 r^2, F, 5, 5] and [1, 3 r^2, 1, 1], in the file formats' order. */
    public record Gathered(Tensor weight, Tensor bias) {}

    /**
     * Reads the responses of a tail of scale {@code r}.
     *
     * @throws IllegalArgumentException unless they have the shape above
     */
    public static Gathered apply(Tape tape, Tensor responses, int r) {
        Shape s = responses.shape();
        int features = s.n() - 1;
        Shape want = new Shape(s.n(), RGB, PROBE * r, PROBE * r);
        if (features < 1 || !s.equals(want)) {
            throw new IllegalArgumentException("tail_gather: want " + want + ", have " + s);
        }
        Tensor weight = tape.result(new Shape(RGB * r * r, features, REACH, REACH), responses);
        Tensor bias = tape.result(new Shape(1, RGB * r * r, 1, 1), responses);
        long items = weight.shape().elements();
        tape.launch(FORWARD, Grid.cover(items), responses.data(), weight.data(), bias.data(), features, r);
        tape.record(
                weight,
                dweight -> tape.contribute(responses, (dr, accumulate) -> {
                    if (accumulate == 0) {
                        tape.device().fill(dr, 0);
                    }
                    tape.launch(
                            BACKWARD,
                            Grid.cover((long) RGB * r * r * REACH * REACH),
                            dweight,
                            bias.gradient(),
                            dr,
                            features,
                            r);
                }));
        return new Gathered(weight, bias);
    }
}
