package io.acuity.optim;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.tensor.Fragments;
import io.acuity.tensor.PackedCopy;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the blocks of {@code adam_packed_step} do, on the device: each moves 16 x 16 pairs of channels of a convolution and writes
 * its part of the copies of them, or moves a run of numbers that have no copy.
 *
 * @param made of which copies there were then
 * @param written those of them that a step writes: of each parameter those of its first copy's shape, one for each direction
 * @param plan a row of {@value #WORDS} words for each block
 * @param blocks how many
 */
record PackedStep(List<PackedCopy> made, List<PackedCopy> written, Buffer plan, long blocks) {
    private static final int WORDS = 10;

    /** The length of a run: the work of a block is then that of one of a 3x3 convolution's. */
    private static final int RUN = Fragments.MATRIX * Fragments.MATRIX * 9;

    /** The copies of one convolution in one shape. */
    private static final class Pair {
        private final Fragments shape;
        private @Nullable PackedCopy forward;
        private @Nullable PackedCopy backward;

        Pair(Fragments shape) {
            this.shape = shape;
        }

        void put(PackedCopy copy) {
            if (copy.order().backward()) {
                backward = copy;
            } else {
                forward = copy;
            }
        }

        private static long place(@Nullable PackedCopy copy, Buffer values) {
            return copy == null ? 0 : copy.buffer().address() - values.address();
        }
    }

    /** Plans for the copies there are. */
    static PackedStep of(ParameterSet parameters, List<PackedCopy> copies) {
        Map<Parameter, Pair> pairs = new LinkedHashMap<>();
        List<PackedCopy> written = new ArrayList<>();
        for (PackedCopy copy : copies) {
            Fragments shape = forward(copy.order());
            Pair pair = pairs.computeIfAbsent(copy.parameter(), _ -> new Pair(shape));
            if (shape.equals(pair.shape)) {
                pair.put(copy);
                written.add(copy);
            }
        }
        List<long[]> rows = new ArrayList<>();
        long planned = 0;
        for (Map.Entry<Parameter, Pair> entry : pairs.entrySet()) {
            Parameter parameter = entry.getKey();
            runs(rows, planned, parameter.offset());
            fragments(rows, parameter.offset(), entry.getValue(), parameters.values());
            planned = parameter.offset() + parameter.elements();
        }
        runs(rows, planned, parameters.flatElements());
        Device device = parameters.device();
        long[] words = rows.stream().flatMapToLong(Arrays::stream).toArray();
        Buffer plan = device.allocate((long) rows.size() * WORDS * Long.BYTES);
        device.upload(MemorySegment.ofArray(words), plan);
        return new PackedStep(copies, written, plan, rows.size());
    }

    private static Fragments forward(Fragments order) {
        return new Fragments(order.side(), order.in(), order.out(), order.shuffle(), order.picture(), false);
    }

    private static void runs(List<long[]> rows, long from, long to) {
        for (long first = from; first < to; first += RUN) {
            rows.add(new long[] {first, 0, Math.min(RUN, to - first), 0, 0, 0, 0, 0, 0, 0});
        }
    }

    private static void fragments(List<long[]> rows, long first, Pair copies, Buffer values) {
        Fragments shape = copies.shape;
        for (int y = 0; y * Fragments.MATRIX < shape.numbers(); y++) {
            for (int x = 0; x * Fragments.MATRIX < shape.in(); x++) {
                rows.add(new long[] {
                    first,
                    shape.side(),
                    shape.in(),
                    shape.channels(),
                    shape.shuffle(),
                    shape.picture() ? 1 : 0,
                    y,
                    x,
                    Pair.place(copies.forward, values),
                    Pair.place(copies.backward, values)
                });
            }
        }
    }
}
