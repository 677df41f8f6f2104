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
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
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
        Shape s = hr.shape();
        Tensor y = tape.plain(new Shape(rows.size(), 3, s.h(), s.w()));
        into(tape, hr, lr, rows, y);
        return y;
    }

    /**
     * Their Haar bands, [rows, 9, H/2, W/2], as {@link HaarTransform} would make them of the images.
     *
     * @throws IllegalArgumentException as {@link #apply}, and unless height and width are even
     */
    public static Tensor haar(Tape tape, Tensor hr, @Nullable Tensor lr, List<Row> rows) {
        Shape s = hr.shape();
        Tensor y = tape.input(HaarTransform.bands(new Shape(rows.size(), 3, s.h(), s.w())));
        launch(tape, BANDS, hr, lr, rows, y);
        return y;
    }

    /** As {@link #apply}, into the memory of {@code y}. */
    static void into(Tape tape, Tensor hr, @Nullable Tensor lr, List<Row> rows, Tensor y) {
        launch(tape, IMAGES, hr, lr, rows, y);
    }

    private static void launch(Tape tape, Kernel kernel, Tensor hr, @Nullable Tensor lr, List<Row> rows, Tensor y) {
        Shape s = hr.shape();
        if (s.c() != 3) {
            throw new IllegalArgumentException("direct_bank hr: want 3 channels, have " + s);
        }
        boolean enlarges = rows.stream().anyMatch(row -> row.filter() instanceof Enlarge);
        Buffer plan = upload(tape, plan(rows, s));
        Buffer tables = null;
        Shape small = null;
        if (enlarges) {
            small = lrShape(lr, s);
            tables = upload(tape, tables(s, small));
        }
        tape.launch(
                kernel,
                Grid.cover(s.w(), s.h(), rows.size()),
                hr.data(),
                lr == null ? null : lr.data(),
                plan,
                tables,
                y.data(),
                rows.size(),
                s.n(),
                s.h(),
                s.w(),
                small == null ? 0 : small.h(),
                small == null ? 0 : small.w());
        tape.give(plan);
        if (tables != null) {
            tape.give(tables);
        }
    }

    private static Shape lrShape(@Nullable Tensor lr, Shape s) {
        if (lr == null || lr.shape().n() != s.n() || lr.shape().c() != 3) {
            throw new IllegalArgumentException("direct_bank lr: want [" + s.n() + ", 3, h, w], have "
                    + (lr == null ? "none" : lr.shape().toString()));
        }
        return lr.shape();
    }

    private static Buffer upload(Tape tape, ByteBuffer words) {
        Buffer buffer = tape.take(words.capacity());
        tape.device().upload(MemorySegment.ofBuffer(words.rewind()), buffer);
        return buffer;
    }

    private static ByteBuffer words(int count) {
        return ByteBuffer.allocate(count * Integer.BYTES).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer plan(List<Row> rows, Shape s) {
        ByteBuffer plan = words(rows.size() * ROW_WORDS);
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
        return plan;
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
    private static ByteBuffer tables(Shape s, Shape small) {
        ByteBuffer tables = words(8 * (s.h() + s.w()));
        for (BicubicTaps taps :
                List.of(BicubicTaps.alignedCorners(small.h(), s.h()), BicubicTaps.alignedCorners(small.w(), s.w()))) {
            for (int index : taps.index()) {
                tables.putInt(index);
            }
            for (float weight : taps.floatWeights()) {
                tables.putFloat(weight);
            }
        }
        return tables;
    }
}
