package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A tail that is one 5x5 convolution with a pixel shuffle, but for the outermost ring of pixels, and the loss on the pixels of its
 * picture. Both are formed at once, in bf16: the picture is compared with its target where it is formed, and only if it is wanted is it
 * written. So the loss's gradient is known going forward; the tape starts its backward pass {@linkplain Tape#seed from it}, and what
 * else has a gradient at the picture adds to it.
 *
 * <p>The gradient has the bits, and the loss but for its rounding the value, of the operations one after the other: {@link Conv5x5},
 * {@link Region#paste}, {@link Scale}, {@link MeanShift}, {@link PixelLoss#of}.
 */
public final class TailLoss {
    private static final Kernel RING = new Kernel("tail_ring_loss");
    private static final Kernel RING_BACKWARD = new Kernel("tail_ring_backward");
    private static final Kernel REDUCE = new Kernel("tail_loss_reduce");
    private static final Kernel SCALE = new Kernel("scale_backward");
    private static final int RGB = 3;

    /** Width of a strip. */
    private static final int STRIP = 3;

    /** Pixels of x whose cells one block of threads compares. */
    private static final int TILE_ROWS = 8;

    private static final int TILE_COLUMNS = 16;

    /** Numbers of strips that one block of threads compares. */
    private static final int RING_BLOCK = 256;

    private TailLoss() {}

    /** A picture is factor times what its tail gives, plus a colour. */
    public record Colours(float factor, float red, float green, float blue) {}

    /**
     * What four strips of x, 3 pixels wide, become: top and bottom [N, 3, 3 r, W r], left and right [N, 3, H r, 3 r]. The outermost r
     * rows or columns of each are the picture's; the corners are those of top and bottom.
     */
    public record Strips(Tensor top, Tensor bottom, Tensor left, Tensor right) {
        private List<Tensor> all() {
            return List.of(top, bottom, left, right);
        }

        private void check(Shape x, int r) {
            Shape flat = new Shape(x.n(), RGB, STRIP * r, x.w() * r);
            Shape upright = new Shape(x.n(), RGB, x.h() * r, STRIP * r);
            List<Shape> want = List.of(flat, flat, upright, upright);
            List<Shape> have = all().stream().map(Tensor::shape).toList();
            if (!have.equals(want)) {
                throw new IllegalArgumentException("tail_loss strips: want " + want + ", have " + have);
            }
        }
    }

    /** What both forward kernels take behind their sources. */
    record Comparison(
            Buffer target,
            @Nullable Buffer picture,
            Buffer gradient,
            Buffer partial,
            Buffer counts,
            Colours colours,
            float slope) {
        /** The kernels' arguments. */
        @Nullable
        Object[] arguments(List<Buffer> sources, Integer... sizes) {
            List<@Nullable Object> arguments = new ArrayList<>(sources);
            arguments.addAll(Arrays.asList(target, picture, gradient, partial, counts));
            arguments.addAll(List.of(sizes));
            arguments.addAll(List.of(colours.factor(), colours.red(), colours.green(), colours.blue(), slope));
            return arguments.toArray();
        }

        /** The same with its sums in blocks from {@code first} on. */
        Comparison from(int first) {
            long bytes = (long) first * Float.BYTES;
            return new Comparison(
                    target,
                    picture,
                    gradient,
                    partial.slice(bytes, partial.bytes() - bytes),
                    counts.slice(bytes, counts.bytes() - bytes),
                    colours,
                    slope);
        }
    }

    /**
     * Forms a picture [N, 3, H r, W r] and its loss.
     *
     * @param x features [N, F, H, W] in bf16, on a recording tape, whose gradient is wanted; at least 3 x 3 pixels
     * @param weight [3 r^2, F, 5, 5]
     * @param bias [3 r^2]
     * @param shuffle r, 1 to 4
     * @param strips asked for when the convolution is on the tape, so that its gradients come after theirs
     * @throws IllegalArgumentException if one of these, or the loss's target, does not fit: wanted and given
     */
    public static PixelLoss.Result apply(
            Tape tape,
            Tensor x,
            Weight weight,
            Weight bias,
            int shuffle,
            Colours colours,
            PixelLoss loss,
            Supplier<Strips> strips) {
        Shape s = x.shape();
        Shape shape = new Shape(s.n(), RGB, s.h() * shuffle, s.w() * shuffle);
        check(tape, x, weight, shuffle);
        loss.check(shape);
        long count = shape.elements();
        float slope = loss.weight() * (1f / count);
        // without further parts a gradient is scaled before it is written, else in the backward pass
        float written = loss.picture() ? slope : colours.factor() * slope;
        int tiles = s.n() * parts(s.h(), TILE_ROWS) * parts(s.w(), TILE_COLUMNS);
        int blocks = parts(2L * RGB * STRIP * shuffle * shuffle * s.n() * (s.h() + s.w()), RING_BLOCK);
        Buffer partial = tape.take((long) (tiles + blocks) * Float.BYTES);
        Buffer counts = tape.take((long) (tiles + blocks) * Integer.BYTES);
        Buffer gradient = tape.take(Tensor.bytes(shape, Precision.FP32));
        Tensor product = loss.picture()
                ? tape.layer(shape, Precision.FP32, false, true)
                : tape.absent(shape, Precision.FP32, true);
        Comparison comparison = new Comparison(
                loss.target().data(),
                loss.picture() ? product.data() : null,
                gradient,
                partial,
                counts,
                colours,
                written);
        Conv5x5.compare(tape, x, weight, bias, shuffle, product, comparison);
        Strips edges = strips.get();
        edges.check(s, shuffle);
        tape.launch(
                RING,
                Grid.cover((long) blocks * RING_BLOCK),
                comparison
                        .from(tiles)
                        .arguments(edges.all().stream().map(Tensor::data).toList(), s.n(), s.h(), s.w(), shuffle));
        Tensor mean = tape.plain(Shape.scalar());
        Tensor weighted = tape.plain(Shape.scalar());
        tape.launch(
                REDUCE,
                Grid.cover(1),
                partial,
                counts,
                mean.data(),
                weighted.data(),
                loss.norm().norm(),
                tiles + blocks,
                1f / count,
                loss.weight(),
                slope);
        tape.give(partial);
        tape.give(counts);
        Tensor picture = tape.overwritten(product, product);
        tape.seed(picture, gradient);
        tape.record(picture, _ -> {
            Buffer whole = tape.writable(picture);
            if (loss.picture() && colours.factor() != 1f) {
                tape.launch(SCALE, Grid.cover(count), whole, whole, colours.factor(), count, 0);
            }
            divide(tape, whole, s, shuffle, edges);
            tape.pass(picture, product, (dy, accumulate) -> Add.backward(tape, whole, dy, count, accumulate));
        });
        return new PixelLoss.Result(loss.picture() ? picture : null, mean, weighted);
    }

    private static void check(Tape tape, Tensor x, Weight weight, int shuffle) {
        if (x.precision() != Precision.BF16 || !tape.isRecording() || !x.needsGradient()) {
            throw new IllegalArgumentException("tail_loss: want features in bf16 whose gradient is wanted, have " + x
                    + " in " + x.precision().label());
        }
        if (shuffle < 1 || shuffle > 4 || weight.dimensions().getFirst() != RGB * shuffle * shuffle) {
            throw new IllegalArgumentException("tail_loss: want a shuffle r from 1 to 4 and 3 r^2 outputs, have "
                    + shuffle + " and " + weight.dimensions().getFirst());
        }
        if (x.shape().h() < STRIP || x.shape().w() < STRIP) {
            throw new IllegalArgumentException("tail_loss: want at least 3 x 3 pixels, have " + x.shape());
        }
    }

    private static int parts(long whole, int part) {
        return Math.toIntExact((whole + part - 1) / part);
    }

    /** Gives the ring of a gradient to the strips; the rest is the product's. */
    private static void divide(Tape tape, Buffer whole, Shape s, int shuffle, Strips strips) {
        List<Object> arguments = new ArrayList<>(List.of(whole));
        long count = 0;
        for (Tensor strip : strips.all()) {
            tape.contribute(strip, (gradient, accumulate) -> {
                if (accumulate != 0) {
                    throw new IllegalStateException("tail_loss: want strips that nothing else uses, have " + strip);
                }
                arguments.add(gradient);
            });
            count += strip.shape().elements();
        }
        arguments.addAll(List.of(s.n(), s.h(), s.w(), shuffle));
        tape.launch(RING_BACKWARD, Grid.cover(count), arguments.toArray());
    }
}
