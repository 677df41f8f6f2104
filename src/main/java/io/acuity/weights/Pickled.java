package io.acuity.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a PyTorch pickle may hold beside lists, maps, strings, numbers and truth values. All of it is inert: names, sizes and
 * places, nothing that runs.
 */
sealed interface Pickled {
    /** Python's None. */
    enum None implements Pickled {
        NONE
    }

    /** Something a checkpoint notes that no reader of weights needs: a dtype, a device, bytes, a set. */
    record Ignored(String what) implements Pickled {}

    /** Python's tuple. */
    record Tuple(List<Object> items) implements Pickled {}

    /** A name from {@link PickleGlobals}. */
    record Global(String name, PickleGlobals.Kind kind) implements Pickled {}

    /** The class of a module that was pickled whole: its name only. */
    record ModuleClass(String name) implements Pickled {}

    /** A module that was pickled whole: its fields as PyTorch's {@code Module} keeps them. */
    record Module(String name, Map<String, Object> fields) implements Pickled {
        Module(String name) {
            this(name, new LinkedHashMap<>());
        }
    }

    /** Numbers in a row, kept outside of the pickle under {@code key}. */
    record Storage(ElementType type, String key, long count) implements Pickled {}

    /** A tensor: element [i, j, ...] is number {@code offset + i strides[0] + j strides[1] + ...} of the storage. */
    record View(Storage storage, long offset, List<Long> sizes, List<Long> strides) implements Pickled {
        long count() {
            return sizes.stream().reduce(1L, Math::multiplyExact);
        }

        /** How many numbers lie from the first to the last one of the tensor, both included. */
        long span() {
            long last = 0;
            for (int i = 0; i < sizes.size(); i++) {
                if (sizes.get(i) == 0) {
                    return 0;
                }
                last = Math.addExact(last, Math.multiplyExact(sizes.get(i) - 1, strides.get(i)));
            }
            return last + 1;
        }

        /** Whether the numbers lie in the order of the indices. */
        boolean contiguous() {
            long step = 1;
            for (int i = sizes.size() - 1; i >= 0; i--) {
                if (sizes.get(i) != 1 && strides.get(i) != step) {
                    return false;
                }
                step *= sizes.get(i);
            }
            return true;
        }
    }
}
