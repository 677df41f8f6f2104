package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Precision;
import io.acuity.op.SumParts;
import io.acuity.tensor.Shape;

/**
 * A convolution in bf16 as its kernels are launched: {@code conv3x3 16x64x48x48 to 64}, {@code conv5x5 16x64x48x48 to 48 shuffle 4},
 * {@code strided_conv3x3 160x64x96x96 to 64}. x is a picture where it has 3 channels, y where it has 3 after the shuffle: these are fp32.
 */
record HalfConvolution(String stem, Layer layer) {
    static HalfConvolution parse(String text) {
        int blank = text.indexOf(' ');
        if (blank < 0) {
            throw new IllegalArgumentException("convolution: want KERNEL NxCxHxW to O [shuffle r], have " + text);
        }
        return new HalfConvolution(text.substring(0, blank), Layer.parse(text.substring(blank + 1)));
    }

    private boolean strided() {
        return stem.startsWith("strided");
    }

    private int side() {
        return stem.contains("5x5") ? 5 : 3;
    }

    private boolean fromPicture() {
        return layer.x().c() == 3;
    }

    private boolean toPicture() {
        return layer.out() == 3 * layer.shuffle() * layer.shuffle();
    }

    /** Shape of the convolution's result before the shuffle. */
    private Shape result() {
        Shape s = layer.x();
        return strided()
                ? new Shape(s.n(), layer.out(), (s.h() + 1) / 2, (s.w() + 1) / 2)
                : new Shape(s.n(), layer.out(), s.h(), s.w());
    }

    /** Numbers of y at a pixel, with those that fill up blocks of channels. */
    private int numbers() {
        int squared = layer.shuffle() * layer.shuffle();
        return toPicture()
                ? layer.out()
                : Math.toIntExact(Precision.BF16.stored(1, layer.out() / squared, 1, 1)) * squared;
    }

    private String kernel(String pass) {
        return stem + "_" + pass + (fromPicture() ? "_head" : toPicture() ? "_tail" : "");
    }

    private Buffer x(Bench on) {
        return fromPicture() ? on.noise(layer.inputs()) : on.half(layer.x());
    }

    private Buffer y(Bench on) {
        Shape y = result();
        int squared = layer.shuffle() * layer.shuffle();
        return toPicture()
                ? on.noise(y.elements())
                : on.half(new Shape(y.n(), y.c() / squared, y.h() * layer.shuffle(), y.w() * layer.shuffle()));
    }

    /** One launch of this pass: {@code forward} with bias and, for conv3x3, ReLU, {@code input} or {@code weight}. */
    Runnable prepare(Bench on, String pass) {
        return switch (pass) {
            case "forward" -> forward(on);
            case "input" -> input(on);
            case "weight" -> weight(on);
            default -> throw new IllegalArgumentException("pass: want forward, input or weight, have " + pass);
        };
    }

    private Buffer packed(Bench on, boolean forwards) {
        int in = layer.x().c();
        int m = forwards ? numbers() : in;
        int k = forwards ? in : numbers();
        long fragments = (m + 63L) / 64 * ((k + 15) / 16) * side() * side() * 128;
        Buffer packed = on.room(fragments * 4).as(Precision.BF16);
        Buffer values = on.noise((long) side() * side() * in * layer.out());
        String pack = stem + (forwards ? "_pack_forward" : "_pack_backward");
        Grid grid = Grid.cover(fragments);
        (strided()
                        ? on.half(pack, grid, values, packed, in, layer.out())
                        : on.half(pack, grid, values, packed, in, layer.out(), layer.shuffle(), toPicture() ? 1 : 0))
                .run();
        return packed;
    }

    private Grid pixels(int channels) {
        Shape y = result();
        return Grid.cover(channels, y.w(), y.h()).times(y.n());
    }

    private Runnable forward(Bench on) {
        Shape s = layer.x();
        Buffer x = x(on);
        Buffer y = y(on);
        Buffer packed = packed(on, true);
        Grid grid = pixels(numbers());
        if (strided()) {
            return on.half(kernel("forward"), grid, x, packed, y, s.n(), s.h(), s.w(), s.c(), layer.out());
        }
        Buffer bias = on.noise(layer.out());
        return side() == 5
                ? on.half(
                        kernel("forward"),
                        grid,
                        x,
                        packed,
                        bias,
                        y,
                        s.n(),
                        s.h(),
                        s.w(),
                        s.c(),
                        layer.out(),
                        layer.shuffle())
                : on.half(
                        kernel("forward"),
                        grid,
                        x,
                        packed,
                        bias,
                        null,
                        y,
                        s.n(),
                        s.h(),
                        s.w(),
                        s.c(),
                        layer.out(),
                        layer.shuffle(),
                        1,
                        1f);
    }

    private Runnable input(Bench on) {
        Shape s = layer.x();
        Buffer dy = y(on);
        Buffer dx = x(on);
        Buffer packed = packed(on, false);
        Grid grid = pixels(strided() ? Math.toIntExact(Precision.BF16.stored(1, s.c(), 1, 1)) : s.c());
        return strided()
                ? on.half(kernel("backward_input"), grid, dy, packed, dx, s.n(), s.h(), s.w(), s.c(), layer.out(), 0)
                : on.half(
                        kernel("backward_input"),
                        grid,
                        dy,
                        packed,
                        null,
                        dx,
                        s.n(),
                        s.h(),
                        s.w(),
                        s.c(),
                        layer.out(),
                        layer.shuffle(),
                        1f,
                        0);
    }

    /** The parts and their sum. */
    private Runnable weight(Bench on) {
        Shape s = layer.x();
        Shape y = result();
        int rows = strided() ? 4 : 8;
        long tiles = (long) y.n() * ((y.h() + rows - 1) / rows) * ((y.w() + 15) / 16);
        long blocks = ((numbers() + 63L) / 64) * ((s.c() + 15L) / 16);
        int parts = SumParts.parts(tiles, blocks);
        long count = (long) side() * side() * s.c() * layer.out();
        Buffer partial = on.room(parts * (count + layer.out()));
        Buffer x = x(on);
        Buffer dy = y(on);
        Grid grid = Grid.cover(numbers(), s.c(), parts);
        Runnable form = strided()
                ? on.half(
                        kernel("backward_weight"), grid, x, dy, partial, s.n(), s.h(), s.w(), s.c(), layer.out(), parts)
                : on.half(
                        kernel("backward_weight"),
                        grid,
                        x,
                        dy,
                        partial,
                        s.n(),
                        s.h(),
                        s.w(),
                        s.c(),
                        layer.out(),
                        layer.shuffle(),
                        parts);
        Runnable sum = on.kernel(
                "sum_parts",
                Grid.cover(count + layer.out()),
                partial,
                on.room(count),
                on.room(layer.out()),
                count,
                layer.out(),
                parts,
                1f,
                0);
        return () -> {
            form.run();
            sum.run();
        };
    }

    /** The direct computation, with x, y and the weights moved once in the numbers they are stored in. */
    Work work(String pass) {
        double weights = (double) side() * side() * layer.x().c() * layer.out();
        double bytes = layer.inputs() * (fromPicture() ? 4.0 : 2.0)
                + result().elements() * (toPicture() ? 4.0 : 2.0)
                + weights * (pass.equals("weight") ? 4 : 2);
        return new Work(
                2 * result().elements() * (double) side() * side() * layer.x().c(), bytes);
    }
}
