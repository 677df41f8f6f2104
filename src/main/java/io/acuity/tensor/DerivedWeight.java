package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Precision;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;

/** A weight computed from parameters, such as the product of linear layers; its gradient flows on to them. */
public final class DerivedWeight implements Weight {
    private final Tensor tensor;
    private final List<Integer> dimensions;
    private final LongFunction<Buffer> memory;
    private final Map<Object, Buffer> packed = new ConcurrentHashMap<>();

    private DerivedWeight(Tensor tensor, List<Integer> dimensions, LongFunction<Buffer> memory) {
        this.tensor = tensor;
        this.dimensions = List.copyOf(dimensions);
        this.memory = memory;
    }

    /**
     * Wraps numbers that stay as they are.
     *
     * @param memory gives room for packed copies, which must last as long as this weight is used
     */
    public static DerivedWeight of(Tensor tensor, List<Integer> dimensions, LongFunction<Buffer> memory) {
        return new DerivedWeight(tensor, dimensions, memory);
    }

    @Override
    public List<Integer> dimensions() {
        return dimensions;
    }

    @Override
    public Buffer values() {
        return tensor.data();
    }

    @Override
    public boolean trains() {
        return tensor.needsGradient();
    }

    @Override
    public void contribute(Tape tape, Tape.Contribution contribution) {
        tape.contribute(tensor, contribution);
    }

    @Override
    public Buffer packed(Object kind, long bytes, Precision precision, Packing packing) {
        Buffer have = packed.get(kind);
        return have != null ? have : pack(kind, bytes, precision, packing);
    }

    /** As {@link Parameter}'s: what is there is taken without waiting. */
    private synchronized Buffer pack(Object kind, long bytes, Precision precision, Packing packing) {
        Buffer have = packed.get(kind);
        if (have == null) {
            have = memory.apply(bytes).as(precision);
            packing.pack(values(), have);
            packed.put(kind, have);
        }
        return have;
    }
}
