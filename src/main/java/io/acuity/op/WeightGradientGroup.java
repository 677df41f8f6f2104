package io.acuity.op;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The weight gradients of several 3x3 convolutions of one shape in bf16, by two launches for all of them: with the bits of {@link
 * WeightGradient}, but with parts added in slices while they are formed, so that a sixteenth of their sums goes through memory. Until
 * then the gradients of their results are kept.
 */
final class WeightGradientGroup implements Tape.Deferred {
    private static final Kernel FORM = new Kernel("conv3x3_backward_weight_group");
    private static final Kernel FORM_ALONE = new Kernel("conv3x3_backward_weight");
    private static final Kernel SUM = new Kernel("sum_parts_group");

    /** Layers that are formed at once, all of EDSR's baseline: their sums then stay in a large GPU's cache, 20 MB for 64 channels. */
    private static final int MOST = 33;

    /** Fewer that are left over are formed one by one, each in parts enough to occupy a large GPU. */
    private static final int FEWEST = 4;

    /** Layers of 64 channels that occupy a large GPU; fewer are better formed one by one. */
    private static final int LEAST = 16;

    /** Bytes of gradients that may be kept for that. */
    private static final long KEPT = 512L << 20;

    /** Words of a layer in the kernels' table. */
    private static final int WORDS = 5;

    private record Layer(Buffer x, Buffer dy, WeightGradient.Target to) {
        /** Places are in bytes from {@code base} on. */
        long[] words(Buffer base) {
            Buffer bias = to.bias();
            long from = base.address();
            return new long[] {
                x.address() - from,
                dy.address() - from,
                to.weight().address() - from,
                bias == null ? 0 : bias.address() - from,
                Float.floatToRawIntBits(to.scale())
            };
        }
    }

    private final Tape tape;
    private final WeightGradient shape;
    private final List<Layer> layers = new ArrayList<>();

    private WeightGradientGroup(Tape tape, WeightGradient shape) {
        this.tape = tape;
        this.shape = shape;
    }

    /** Whether enough results' gradients of this size can be kept. */
    static boolean pays(Buffer dy) {
        return dy.bytes() <= KEPT / LEAST;
    }

    /** Puts a layer off, whose dy is given back when it is done. */
    static void put(Tape tape, WeightGradient shape, Buffer x, Buffer dy, WeightGradient.Target to) {
        WeightGradientGroup group =
                tape.deferred(shape, WeightGradientGroup.class, () -> new WeightGradientGroup(tape, shape));
        group.layers.add(new Layer(x, dy, to));
        if (group.layers.size() == MOST || (group.layers.size() + 1) * dy.bytes() > KEPT) {
            group.finish();
        }
    }

    @Override
    public void finish() {
        if (layers.isEmpty()) {
            return;
        }
        if (layers.size() < FEWEST) {
            layers.forEach(layer -> shape.form(tape, FORM_ALONE, layer.x(), layer.dy(), List.of(1), layer.to()));
        } else {
            together();
        }
        layers.forEach(layer -> tape.give(layer.dy()));
        layers.clear();
    }

    private void together() {
        int count = layers.size();
        int parts = shape.parts();
        int slices = SumParts.slices(parts);
        long numbers = shape.count() + shape.out();
        Buffer partial = tape.take(Math.multiplyExact((long) count * slices * Float.BYTES, numbers));
        long[] words = layers.stream()
                .flatMapToLong(layer -> Arrays.stream(layer.words(partial)))
                .toArray();
        Buffer table = tape.feed((long) count * WORDS * Long.BYTES, memory -> {
            for (int i = 0; i < words.length; i++) {
                memory.setAtIndex(JAVA_LONG, i, words[i]);
            }
        });
        tape.launch(
                FORM,
                Grid.cover(shape.numbers(), shape.x().c(), slices).times(count),
                table,
                partial,
                shape.x().n(),
                shape.x().h(),
                shape.x().w(),
                shape.x().c(),
                shape.out(),
                parts);
        tape.launch(SUM, Grid.cover(numbers, count, 1), partial, table, shape.count(), shape.out(), slices);
        tape.give(partial);
    }
}
