package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Batches put one after the other along N, and the first part of such a batch. */
public final class Join {
    private static final Kernel COPY = new Kernel("scale_forward");

    private Join() {}

    /**
     * a [A, C, H, W] and b [B, C, H, W] as [A + B, C, H, W].
     *
     * @throws IllegalArgumentException unless they differ in N alone
     */
    public static Tensor apply(Tape tape, Tensor a, Tensor b) {
        Shape s = a.shape();
        Shape t = b.shape();
        if (!t.equals(new Shape(t.n(), s.c(), s.h(), s.w()))) {
            throw new IllegalArgumentException("join: want two shapes that differ in N alone, have " + s + " and " + t);
        }
        Tensor y = tape.result(new Shape(s.n() + t.n(), s.c(), s.h(), s.w()), a, b);
        copy(tape, a, part(y.data(), null, s));
        copy(tape, b, part(y.data(), s, t));
        tape.record(y, dy -> {
            give(tape, a, part(dy, null, s));
            give(tape, b, part(dy, s, t));
        });
        return y;
    }

    /** The first {@code n} images of x, without copying; the gradient of the others is zero. */
    public static Tensor first(Tape tape, Tensor x, int n) {
        Shape s = x.shape();
        if (n < 1 || n > s.n()) {
            throw new IllegalArgumentException("first: want 1 to " + s.n() + " images, have " + n);
        }
        Shape part = new Shape(n, s.c(), s.h(), s.w());
        Tensor y = tape.view(x, part, x.data().slice(0, Tensor.bytes(part, x.precision())));
        tape.record(
                y,
                dy -> tape.contribute(x, (dx, accumulate) -> {
                    if (accumulate == 0) {
                        tape.device().fill(dx, 0);
                    }
                    Add.backward(tape, dy, part(dx, null, part), y.stored(), 1);
                }));
        return y;
    }

    /** All but the first {@code n} images of x, without copying, through which no gradient flows. */
    public static Tensor rest(Tensor x, int n) {
        Shape s = x.shape();
        if (n < 0 || n >= s.n()) {
            throw new IllegalArgumentException("rest: want 0 to " + (s.n() - 1) + " images left out, have " + n);
        }
        Shape part = new Shape(s.n() - n, s.c(), s.h(), s.w());
        return Tensor.of(part, part(x.data(), n == 0 ? null : new Shape(n, s.c(), s.h(), s.w()), part));
    }

    private static void copy(Tape tape, Tensor x, Buffer to) {
        long count = x.stored();
        tape.launch(COPY, Grid.cover(count), x.data(), to, 1f, count);
    }

    private static void give(Tape tape, Tensor x, Buffer dy) {
        tape.contribute(x, (dx, accumulate) -> Add.backward(tape, dy, dx, x.stored(), accumulate));
    }

    /** The images of {@code shape} that follow those of {@code before}. */
    private static Buffer part(Buffer whole, @Nullable Shape before, Shape shape) {
        long offset = before == null ? 0 : Tensor.bytes(before, whole.precision());
        return whole.slice(offset, Tensor.bytes(shape, whole.precision()));
    }
}
