package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

/** Channels of several tensors behind one another, and some of one tensor. */
public final class ChannelCopy {
    private static final Kernel COPY = new Kernel("channel_copy");

    private ChannelCopy() {}

    /**
     * Concatenation: parts [N, C_k, H, W] to [N, sum of C_k, H, W], in their order.
     *
     * @throws IllegalArgumentException unless all have the same N, H and W
     */
    public static Tensor concat(Tape tape, List<Tensor> parts) {
        Shape s = parts.getFirst().shape();
        int channels = 0;
        for (Tensor part : parts) {
            Shape want = new Shape(s.n(), part.shape().c(), s.h(), s.w());
            if (!part.shape().equals(want)) {
                throw new IllegalArgumentException("channel_copy: want " + want + ", have " + part.shape());
            }
            channels += part.shape().c();
        }
        int all = channels;
        Tensor y = tape.result(new Shape(s.n(), all, s.h(), s.w()), parts.getFirst(), parts.toArray(Tensor[]::new));
        int at = 0;
        for (Tensor part : parts) {
            int count = part.shape().c();
            launch(tape, part.data(), y.data(), s, count, 0, all, at, count, 0);
            at += count;
        }
        tape.record(y, dy -> {
            int first = 0;
            for (Tensor part : parts) {
                int from = first;
                int count = part.shape().c();
                tape.contribute(
                        part, (dx, accumulate) -> launch(tape, dy, dx, s, all, from, count, 0, count, accumulate));
                first += count;
            }
        });
        return y;
    }

    /**
     * Some of the channels: x [N, C, H, W] to [N, count, H, W], those from {@code first} on.
     *
     * @throws IllegalArgumentException unless x has them
     */
    public static Tensor slice(Tape tape, Tensor x, int first, int count) {
        Shape s = x.shape();
        if (first < 0 || count < 1 || first > s.c() - count) {
            throw new IllegalArgumentException(
                    "channel_copy: want 1 or more of " + s.c() + " channels, have " + count + " from " + first);
        }
        Tensor y = tape.result(new Shape(s.n(), count, s.h(), s.w()), x);
        launch(tape, x.data(), y.data(), s, s.c(), first, count, 0, count, 0);
        tape.record(
                y,
                dy -> tape.contribute(x, (dx, accumulate) -> {
                    if (accumulate == 0) {
                        tape.device().fill(dx, 0);
                    }
                    launch(tape, dy, dx, s, count, 0, s.c(), first, count, 1);
                }));
        return y;
    }

    private static void launch(
            Tape tape,
            Buffer x,
            Buffer y,
            Shape images,
            int from,
            int first,
            int to,
            int at,
            int count,
            int accumulate) {
        // in bf16 whole blocks of channels of y
        int touched = (at + count - 1) / Precision.BLOCK - at / Precision.BLOCK + 1;
        int numbers = y.precision() == Precision.BF16 ? touched * Precision.BLOCK : count;
        long pixels = (long) images.h() * images.w();
        Grid grid = Grid.cover(images.pixels() * numbers);
        tape.launch(COPY, grid, x, y, images.n(), pixels, from, first, to, at, count, accumulate);
    }
}
