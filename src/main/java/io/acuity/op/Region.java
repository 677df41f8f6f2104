package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** Rectangles of images: cut one out, or paste one over another. */
public final class Region {
    private static final Kernel COPY = new Kernel("region_copy");

    private Region() {}

    /** A rectangle in pixels. */
    public record Rectangle(int top, int left, int height, int width) {
        void check(Shape inside) {
            if (top < 0
                    || left < 0
                    || height < 1
                    || width < 1
                    || top > inside.h() - height
                    || left > inside.w() - width) {
                throw new IllegalArgumentException("region: want a rectangle inside " + inside + ", have " + this);
            }
        }
    }

    /** x [N, C, H, W] to the rectangle's [N, C, height, width]. */
    public static Tensor cut(Tape tape, Tensor x, Rectangle from) {
        from.check(x.shape());
        Shape shape = new Shape(x.shape().n(), x.shape().c(), from.height(), from.width());
        Tensor y = tape.result(shape, x);
        copy(tape, x.data(), x.shape(), from.top(), from.left(), y.data(), shape, 0, 0, from.height(), from.width(), 0);
        tape.record(
                y,
                dy -> tape.contribute(x, (dx, accumulate) -> {
                    if (accumulate == 0) {
                        tape.device().fill(dx, 0);
                    }
                    copy(tape, dy, shape, 0, 0, dx, x.shape(), from.top(), from.left(), from.height(), from.width(), 1);
                }));
        return y;
    }

    /**
     * {@code base} with the rectangle {@code from} of {@code patch} in place of what was at (top, left); base is overwritten and
     * may not be used again.
     */
    public static Tensor paste(Tape tape, Tensor base, Tensor patch, Rectangle from, int top, int left) {
        from.check(patch.shape());
        new Rectangle(top, left, from.height(), from.width()).check(base.shape());
        Tensor y = tape.overwritten(base, base, patch);
        copy(
                tape,
                patch.data(),
                patch.shape(),
                from.top(),
                from.left(),
                y.data(),
                base.shape(),
                top,
                left,
                from.height(),
                from.width(),
                0);
        tape.record(y, dy -> {
            tape.contribute(patch, (dp, accumulate) -> {
                if (accumulate == 0) {
                    tape.device().fill(dp, 0);
                }
                copy(
                        tape,
                        dy,
                        base.shape(),
                        top,
                        left,
                        dp,
                        patch.shape(),
                        from.top(),
                        from.left(),
                        from.height(),
                        from.width(),
                        1);
            });
            // what was pasted over does not depend on base any more
            Buffer rest = tape.writable(y);
            clear(tape, rest, base.shape(), top, left, from.height(), from.width());
            tape.pass(y, base, (db, accumulate) -> Add.backward(tape, rest, db, base.stored(), accumulate));
        });
        return y;
    }

    private static void clear(Tape tape, Buffer x, Shape shape, int top, int left, int height, int width) {
        Shape small = new Shape(shape.n(), shape.c(), height, width);
        Buffer zeros = tape.take(Tensor.bytes(small, x.precision()), x.precision());
        tape.device().fill(zeros, 0);
        copy(tape, zeros, small, 0, 0, x, shape, top, left, height, width, 0);
        tape.give(zeros);
    }

    private static void copy(
            Tape tape,
            Buffer x,
            Shape xs,
            int xTop,
            int xLeft,
            Buffer y,
            Shape ys,
            int yTop,
            int yLeft,
            int height,
            int width,
            int accumulate) {
        tape.launch(
                COPY,
                Grid.cover(x.precision().stored(xs.n(), xs.c(), height, width)),
                x,
                y,
                xs.n(),
                xs.c(),
                xs.h(),
                xs.w(),
                ys.h(),
                ys.w(),
                xTop,
                xLeft,
                yTop,
                yLeft,
                height,
                width,
                accumulate);
    }
}
