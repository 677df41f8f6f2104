package io.acuity.device;

import io.acuity.device.NativeLibrary.Entry;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The kernels that were compiled in, and the choice of the form that fits a launch. */
public final class KernelTable {
    /** Ends the name of a kernel's form for {@link Precision#BF16}. */
    private static final String BF16_SUFFIX = "_bf16";

    /** Kernels of use in bf16 alone though no buffer of a launch says so: they find its numbers by tables, or go with others. */
    private static final Set<String> BF16_ALONE = Set.of(
            "adam_packed_step",
            "batch_norm_backward_tiles",
            "batch_norm_moments",
            "conv3x3_backward_weight_group",
            "squeeze_excitation_backward",
            "squeeze_excitation_backward_weight",
            "squeeze_excitation_forward",
            "sum_parts_group",
            "tail_loss_reduce",
            "tail_ring_backward",
            "tail_ring_loss");

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Entry> bf16 = new HashMap<>();

    KernelTable(Iterable<Entry> kernels) {
        for (Entry entry : kernels) {
            String name = entry.name();
            entries.put(name, entry);
            if (name.endsWith(BF16_SUFFIX)) {
                bf16.put(name.substring(0, name.length() - BF16_SUFFIX.length()), entry);
            }
        }
    }

    /** All kernels, in the library's order. */
    public Collection<Entry> entries() {
        return Collections.unmodifiableCollection(entries.values());
    }

    /** The forms for one precision, and the kernels that are of use in it alone. */
    public List<Entry> of(Precision precision) {
        return entries.values().stream()
                .filter(entry -> isHalf(entry.name()) == (precision == Precision.BF16))
                .toList();
    }

    private static boolean isHalf(String name) {
        return name.endsWith(BF16_SUFFIX) || BF16_ALONE.contains(name);
    }

    /** The kernel of that very name, or null. */
    public @Nullable Entry find(String name) {
        return entries.get(name);
    }

    /**
     * The form of a kernel that fits its arguments: that for bf16 where a buffer holds such numbers.
     *
     * @throws DeviceException if there is none
     */
    public Entry select(Kernel kernel, @Nullable Object... arguments) {
        boolean half = false;
        for (Object argument : arguments) {
            half |= argument instanceof Buffer buffer && buffer.precision() == Precision.BF16;
        }
        Entry entry = half ? bf16.get(kernel.name()) : entries.get(kernel.name());
        if (entry != null) {
            return entry;
        }
        if (half && entries.containsKey(kernel.name())) {
            throw new DeviceException(kernel.name() + " has no form for bf16; want precision fp32");
        }
        throw new DeviceException("kernel " + kernel.name() + " is not in libacuity.so; build it again");
    }
}
