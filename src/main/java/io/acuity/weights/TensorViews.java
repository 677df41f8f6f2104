package io.acuity.weights;

import io.acuity.weights.Pickled.Module;
import io.acuity.weights.Pickled.None;
import io.acuity.weights.Pickled.Storage;
import io.acuity.weights.Pickled.View;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds the weights in what a pickle held and takes their numbers out of the storages. */
final class TensorViews {
    /** Where projects keep the weights, the most wanted first: the moving average is what they evaluate. */
    private static final List<String> NESTED = List.of("params_ema", "params", "state_dict", "model");

    /** What data-parallel training puts before every name. */
    private static final String PARALLEL = "module.";

    private static final int MAX_DEPTH = 16;
    private static final int MAX_TENSORS = 20_000;

    /** A module may be part of many others: what is looked at, again and again, is bounded. */
    private static final int MAX_SEEN = 200_000;

    private final String file;
    private final Function<Storage, MemorySegment> numbers;
    private final Map<Storage, MemorySegment> read = new HashMap<>();
    private final Map<View, TensorData> made = new HashMap<>();
    private int seen;

    /** {@code numbers} gives the bytes of a storage. */
    TensorViews(String file, Function<Storage, MemorySegment> numbers) {
        this.file = file;
        this.numbers = numbers;
    }

    StateDict stateDict(Object value, Map<String, String> notes) {
        String key = "";
        SequencedMap<String, View> views = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            for (String name : NESTED) {
                if (views.isEmpty()) {
                    key = name;
                    views = tensors(map.get(name));
                }
            }
        }
        if (views.isEmpty()) {
            key = "";
            views = tensors(value);
        }
        if (views.isEmpty()) {
            throw WeightsException.want(
                    file,
                    "PyTorch checkpoint",
                    "a state dict, bare or as one of " + NESTED,
                    PickleMachine.kind(value) + " without tensors");
        }
        views = withoutPrefix(views);
        checkOverlap(views);
        SequencedMap<String, TensorData> tensors = new LinkedHashMap<>();
        views.forEach((name, view) -> tensors.put(name, tensor(name, view)));
        Map<String, String> all = new LinkedHashMap<>(notes);
        if (!key.isEmpty()) {
            all.put(PyTorchCheckpoint.KEY, key);
        }
        return StateDict.of(tensors).withMetadata(all);
    }

    /** The tensors of a state dict or of a whole module; none if it is neither. */
    private SequencedMap<String, View> tensors(@Nullable Object value) {
        SequencedMap<String, View> found = new LinkedHashMap<>();
        if (value instanceof Module module) {
            collect("", module, MAX_DEPTH, found);
        } else if (value instanceof Map<?, ?> map && map.values().stream().anyMatch(View.class::isInstance)) {
            map.forEach((name, item) -> {
                if (!(name instanceof String text) || !(item instanceof View view)) {
                    throw WeightsException.want(
                            file,
                            "entry " + PickleMachine.kind(name),
                            "a name with a tensor",
                            PickleMachine.kind(item));
                }
                put(found, text, view);
            });
        }
        return found;
    }

    /** As PyTorch's own state_dict(): parameters, then buffers, then the modules inside. */
    private void collect(String prefix, Module module, int depth, SequencedMap<String, View> found) {
        if (depth == 0) {
            throw WeightsException.want(file, "module " + module.name(), "at most " + MAX_DEPTH + " levels", "more");
        }
        for (Object field : module.fields().values()) {
            seen += field instanceof Map<?, ?> map ? 1 + map.size() : 1;
        }
        if (seen > MAX_SEEN) {
            throw WeightsException.want(file, "modules", "at most " + MAX_SEEN + " fields and parts", "more");
        }
        for (String kind : List.of("_parameters", "_buffers")) {
            if (module.fields().get(kind) instanceof Map<?, ?> map) {
                map.forEach((name, item) -> {
                    if (item instanceof View view) {
                        put(found, prefix + name, view);
                    } else if (item != None.NONE) {
                        throw WeightsException.want(
                                file,
                                "parameter " + WeightsException.shown(prefix + name),
                                "a tensor",
                                PickleMachine.kind(item));
                    }
                });
            }
        }
        if (module.fields().get("_modules") instanceof Map<?, ?> map) {
            map.forEach((name, item) -> {
                if (item instanceof Module child) {
                    collect(prefix + name + ".", child, depth - 1, found);
                }
            });
        }
    }

    private void put(SequencedMap<String, View> found, String name, View view) {
        if (found.put(name, view) != null || found.size() > MAX_TENSORS) {
            throw WeightsException.want(
                    file,
                    "PyTorch checkpoint",
                    "each name once and at most " + MAX_TENSORS,
                    WeightsException.shown(name) + " too");
        }
    }

    private static SequencedMap<String, View> withoutPrefix(SequencedMap<String, View> views) {
        if (!views.keySet().stream().allMatch(name -> name.startsWith(PARALLEL))) {
            return views;
        }
        SequencedMap<String, View> stripped = new LinkedHashMap<>();
        views.forEach((name, view) -> stripped.put(name.substring(PARALLEL.length()), view));
        return stripped;
    }

    /** Two names may share one tensor; two tensors may not share a part of themselves, which no training gives. */
    private void checkOverlap(SequencedMap<String, View> views) {
        Map<Storage, Map<View, String>> byStorage = new LinkedHashMap<>();
        views.forEach((name, view) -> byStorage
                .computeIfAbsent(view.storage(), _ -> new LinkedHashMap<>())
                .putIfAbsent(view, name));
        byStorage.forEach((_, parts) -> {
            List<Map.Entry<View, String>> placed = new ArrayList<>(parts.entrySet());
            placed.sort(Comparator.comparingLong(part -> part.getKey().offset()));
            long end = 0;
            for (Map.Entry<View, String> part : placed) {
                View view = part.getKey();
                if (view.count() > 0 && view.offset() < end) {
                    throw WeightsException.want(
                            file,
                            "tensor " + WeightsException.shown(part.getValue()),
                            "to begin at number " + end + " of its storage or behind, where the one before ends",
                            view.offset());
                }
                end = view.offset() + view.span();
            }
        });
    }

    private TensorData tensor(String name, View view) {
        TensorData known = made.get(view);
        if (known != null) {
            return known;
        }
        Storage storage = view.storage();
        DataType type = storage.type().type();
        if (type == null) {
            throw WeightsException.want(
                    file,
                    "tensor " + WeightsException.shown(name),
                    "numbers of " + List.of(DataType.values()),
                    storage.type());
        }
        MemorySegment all = read.computeIfAbsent(storage, numbers);
        if (all.byteSize() != storage.count() * type.bytes()) {
            throw WeightsException.want(
                    file,
                    "storage of tensor " + WeightsException.shown(name),
                    storage.count() + " numbers of " + type.bytes() + " bytes",
                    all.byteSize() + " bytes");
        }
        MemorySegment bytes = view.contiguous()
                ? all.asSlice(view.offset() * type.bytes(), view.count() * type.bytes())
                : gathered(all, view, type.bytes());
        TensorData tensor = new TensorData(type, view.sizes(), bytes);
        made.put(view, tensor);
        return tensor;
    }

    /** The numbers in the order of the indices. */
    private static MemorySegment gathered(MemorySegment all, View view, int size) {
        byte[] to = new byte[Math.toIntExact(view.count() * size)];
        MemorySegment target = MemorySegment.ofArray(to);
        int rank = view.sizes().size();
        long[] index = new long[rank];
        long from = view.offset();
        for (int at = 0; at < to.length; at += size) {
            MemorySegment.copy(all, from * size, target, at, size);
            for (int axis = rank - 1; axis >= 0; axis--) {
                from += view.strides().get(axis);
                if (++index[axis] < view.sizes().get(axis)) {
                    break;
                }
                from -= view.strides().get(axis) * view.sizes().get(axis);
                index[axis] = 0;
            }
        }
        return target;
    }
}
