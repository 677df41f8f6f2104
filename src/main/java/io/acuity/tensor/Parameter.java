package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trained numbers with a name: a slice of its {@link ParameterSet}'s flat memory, in the order of the file formats (for a
 * convolution [out, in, k, k]). Packed copies for kernels are remade when the values have changed.
 */
public final class Parameter implements Weight {
    private record Packed(Buffer buffer, long version) {}

    private final String name;
    private final List<Integer> dimensions;
    private final ParameterSet owner;
    private final long offset;
    private boolean gradientWritten;

    /** Never changed but replaced, so that it is read without a lock. */
    private volatile Map<Object, Packed> packed = Map.of();

    Parameter(String name, List<Integer> dimensions, ParameterSet owner, long offset) {
        this.name = name;
        this.dimensions = dimensions;
        this.owner = owner;
        this.offset = offset;
    }

    /** PyTorch's name: {@code body.0.body.2.weight}. */
    public String name() {
        return name;
    }

    @Override
    public List<Integer> dimensions() {
        return dimensions;
    }

    /** Where its numbers begin in the set's flat memory, in numbers. */
    public long offset() {
        return offset;
    }

    /** How many numbers it has. */
    public long elements() {
        return dimensions.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }

    @Override
    public Buffer values() {
        return part(owner.values());
    }

    /** False while the owner is frozen. */
    @Override
    public boolean trains() {
        return owner.trains();
    }

    @Override
    public void contribute(Tape tape, Tape.Contribution contribution) {
        contribution.write(gradient(), gradientWritten ? 1 : 0);
        gradientWritten = true;
    }

    /** Memory of this parameter's gradient. */
    public Buffer gradient() {
        return part(owner.gradients());
    }

    /** Where this parameter lies in memory of the whole set. */
    Buffer part(Buffer all) {
        return all.slice(offset * Float.BYTES, elements() * Float.BYTES);
    }

    boolean gradientWritten() {
        return gradientWritten;
    }

    void clearGradient() {
        gradientWritten = false;
    }

    @Override
    public Buffer packed(Object kind, long bytes, Precision precision, Packing packing) {
        Packed have = packed.get(kind);
        return have != null && have.version() == owner.version()
                ? have.buffer()
                : pack(kind, bytes, precision, packing);
    }

    /**
     * Packs, in one thread at a time. A copy that is there is taken without waiting for another kind's: the thread that packs that waits
     * for the device, and a thread that captures a graph has the device.
     */
    private synchronized Buffer pack(Object kind, long bytes, Precision precision, Packing packing) {
        Packed have = packed.get(kind);
        if (have == null || have.version() != owner.version()) {
            Buffer buffer = have == null ? owner.own(bytes).as(precision) : have.buffer();
            packing.pack(values(), buffer);
            have = new Packed(buffer, owner.version());
            put(kind, have);
        }
        return have.buffer();
    }

    /** The copies for tensor cores that were asked for so far, in the order in which they were. */
    synchronized List<PackedCopy> copies() {
        List<PackedCopy> copies = new ArrayList<>();
        packed.forEach((kind, have) -> {
            if (kind instanceof Fragments order) {
                copies.add(new PackedCopy(this, order, have.buffer()));
            }
        });
        return copies;
    }

    /** Whether a copy is of the present values. */
    synchronized boolean isCurrent(Fragments order) {
        Packed have = packed.get(order);
        return have != null && have.version() == owner.version();
    }

    /** Says that a copy has become one of the present values. */
    synchronized void keep(Fragments order) {
        Packed have = packed.get(order);
        if (have != null) {
            put(order, new Packed(have.buffer(), owner.version()));
        }
    }

    private synchronized void put(Object kind, Packed copy) {
        Map<Object, Packed> next = new LinkedHashMap<>(packed);
        next.put(kind, copy);
        packed = next;
    }

    @Override
    public String toString() {
        return name + dimensions;
    }

    /** The gradient as an array in the file formats' order, or null when none was written. */
    public float @Nullable [] gradientArray() {
        return gradientWritten ? owner.download(gradient(), Math.toIntExact(elements())) : null;
    }
}
