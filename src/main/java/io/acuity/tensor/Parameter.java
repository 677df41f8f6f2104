package io.acuity.tensor;

import io.acuity.device.Buffer;
import java.util.HashMap;
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
    private final Map<String, Packed> packed = new HashMap<>();
    private boolean gradientWritten;

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
    public synchronized Buffer packed(String kind, long bytes, Packing packing) {
        Packed have = packed.get(kind);
        if (have == null || have.version() != owner.version()) {
            Buffer buffer = have == null ? owner.own(bytes) : have.buffer();
            packing.pack(values(), buffer);
            have = new Packed(buffer, owner.version());
            packed.put(kind, have);
        }
        return have.buffer();
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
