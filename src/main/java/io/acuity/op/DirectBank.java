package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.op.DirectBank.Filter.Blur;
import io.acuity.op.DirectBank.Filter.Copy;
import io.acuity.op.DirectBank.Filter.Enlarge;
import io.acuity.op.DirectBank.Filter.Leave;
import io.acuity.op.DirectBank.Filter.Sharpen;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bank of spatial filters in one launch: each image of the result is one image of hr [N, 3, H, W] or lr [N, 3, h, w] through
 * a filter of its own. Images are in [0, 1]; filtered ones are clamped and rounded to 8-bit levels, ties to even. No gradient
 * flows. Results have the same bits on every device.
 */
public final class DirectBank {
    private static final Kernel IMAGES = new Kernel("direct_bank_forward");
    private static final Kernel BANDS = new Kernel("direct_bank_haar");

    /** Words of a row of the plan: kind, source, factor, two radii, twice six weights, three unused. */
    private static final int ROW_WORDS = 20;

    private DirectBank() {}

    /** What is done to an image. */
    public sealed interface Filter {
        /** The HR image as it is. */
        record Copy() implements Filter {}

        /** x + (factor - 1) (x - S): S is the 3x3 mean with weights 1/13, centre 5/13; the outermost pixels stay. */
        record Sharpen(float factor) implements Filter {}

        /** A Gaussian, reflected at the border without repeating the edge. */
        record Blur(Gaussian gaussian) implements Filter {}

        /** The LR image at HR size: bicubic, a = -0.75, corners aligned; clamped, not rounded. */
        record Enlarge() implements Filter {}

        /** Nothing: this image of the result is left as it is, for another to make. */
        record Leave() implements Filter {}
    }

    /** One image of the result: image {@code source} of the batch through {@code filter}. */
    public record Row(int source, Filter filter) {}

    /**
     * The images, [rows, 3, H, W].
     *
     * @param lr may be null if no row enlarges
     * @throws IllegalArgumentException if shapes, sources or filter sizes do not fit
     */
    public static Tensor apply(Tape tape, Tensor hr, @Nullable Tensor lr, List<Row> rows) {
        return apply(tape, hr, lr, () -> rows);
    }

    /**
     * The same with rows that are asked for anew each time a graph is replayed; as many each time, and the first time enlarging
     * ones where there may be any.
     */
    public static Tensor apply(Tape tape, Tensor hr, @Nullable Tensor lr, Supplier<List<Row>> rows) {
        Shape s = hr.shape();
        Tensor y = tape.plain(new Shape(rows.get().size(), 3, s.h(), s.w()));
        launch(tape, IMAGES, hr, lr, rows, y);
        return y;
    }

    /**
     * Their Haar bands, [rows, 9, H/2, W/2], as {@link HaarTransform} would make them of the images.
     *
     * @throws IllegalArgumentException as {@link #apply}, and unless height and width are even
     */
    public static Tensor haar(Tape tape, Tensor hr, @Nullable Tensor lr, List<Row> rows) {
        return haar(tape, hr, lr, () -> rows);
    }

    /** The same with rows that are asked for anew each time a graph is replayed, as for {@link #apply}. */
    public static Tensor haar(Tape tape, Tensor hr, @Nullable Tensor lr, Supplier<List<Row>> rows) {
        Shape s = hr.shape();
        Tensor y = tape.input(HaarTransform.bands(new Shape(rows.get().size(), 3, s.h(), s.w())));
        launch(tape, BANDS, hr, lr, rows, y);
        return y;
    }

    private static void launch(
            Tape tape, Kernel kernel, Tensor hr, @Nullable Tensor lr, Supplier<List<Row>> rows, Tensor y) {
        Shape s = hr.shape();
        if (s.c() != 3) {
            throw new IllegalArgumentException("direct_bank hr: want 3 channels, have " + s);
        }
        int images = y.shape().n();
        boolean enlarges = rows.get().stream().anyMatch(row -> row.filter() instanceof Enlarge);
        Buffer plan = feed(tape, images * ROW_WORDS, words -> plan(words, same(images, enlarges, rows.get()), s));
        Buffer tables = null;
        Shape small = null;
        if (enlarges) {
            Shape from = lrShape(lr, s);
            small = from;
            tables = feed(tape, 8 * (s.h() + s.w()), words -> tables(words, s, from));
        }
        tape.launch(
                kernel,
                Grid.cover(s.w(), s.h(), images),
                hr.data(),
                lr == null ? null : lr.data(),
                plan,
                tables,
                y.data(),
                images,
                s.n(),
                s.h(),
                s.w(),
                small == null ? 0 : small.h(),
                small == null ? 0 : small.w());
    }

    private static List<Row> same(int images, boolean enlarges, List<Row> rows) {
        if (rows.size() != images) {
            throw new IllegalArgumentException("direct_bank rows: want " + images + ", have " + rows.size());
        }
        if (!enlarges && rows.stream().anyMatch(row -> row.filter() instanceof Enlarge)) {
            throw new IllegalArgumentException("direct_bank rows: want none that enlarges, as before, have one");
        }
        return rows;
    }

    private static Shape lrShape(@Nullable Tensor lr, Shape s) {
        if (lr == null || lr.shape().n() != s.n() || lr.shape().c() != 3) {
            throw new IllegalArgumentException("direct_bank lr: want [" + s.n() + ", 3, h, w], have "
                    + (lr == null ? "none" : lr.shape().toString()));
        }
        return lr.shape();
    }

    /** Memory of {@code count} zero words and what {@code writer} puts over them. */
    static Buffer feed(Tape tape, int count, Consumer<ByteBuffer> writer) {
        return tape.feed((long) count * Integer.BYTES, memory -> {
            memory.fill((byte) 0);
            writer.accept(memory.asByteBuffer().order(ByteOrder.nativeOrder()));
        });
    }

    private static void plan(ByteBuffer plan, List<Row> rows, Shape s) {
        for (int r = 0; r < rows.size(); r++) {
            Row row = rows.get(r);
            if (row.source() < 0 || row.source() >= s.n()) {
                throw new IllegalArgumentException(
                        "direct_bank source: want 0 to " + (s.n() - 1) + ", have " + row.source());
            }
            plan.position(r * ROW_WORDS * Integer.BYTES);
            switch (row.filter()) {
                case Copy _ -> plan.putInt(0).putInt(row.source());
                case Sharpen sharpen -> plan.putInt(1).putInt(row.source()).putFloat(sharpen.factor());
                case Blur blur -> {
                    plan.putInt(2).putInt(row.source()).putFloat(0);
                    put(plan, blur.gaussian(), s);
                }
                case Enlarge _ -> plan.putInt(3).putInt(row.source());
                case Leave _ -> plan.putInt(4).putInt(row.source());
            }
        }
    }

    private static void put(ByteBuffer plan, Gaussian gaussian, Shape s) {
        if (gaussian.radiusY() >= s.h() || gaussian.radiusX() >= s.w()) {
            throw new IllegalArgumentException("direct_bank blur of " + gaussian.tapsY() + " x " + gaussian.tapsX()
                    + " taps: want images larger than half of it, have " + s);
        }
        plan.putInt(gaussian.radiusY()).putInt(gaussian.radiusX());
        for (double[] weights : List.of(gaussian.weightsY(), gaussian.weightsX())) {
            for (int i = 0; i <= Gaussian.RADIUS; i++) {
                plan.putFloat(i < weights.length ? (float) weights[i] : 0);
            }
        }
    }

    /** Taps of the enlargement: int32 [H][4], float [H][4] over the rows of lr, then the same over its columns. */
    private static void tables(ByteBuffer tables, Shape s, Shape small) {
        for (BicubicTaps taps :
                List.of(BicubicTaps.alignedCorners(small.h(), s.h()), BicubicTaps.alignedCorners(small.w(), s.w()))) {
            for (int index : taps.index()) {
                tables.putInt(index);
            }
            for (float weight : taps.floatWeights()) {
                tables.putFloat(weight);
            }
        }
    }
}
