package io.acuity.weights;

import io.acuity.weights.Pickled.Global;
import io.acuity.weights.Pickled.Ignored;
import io.acuity.weights.Pickled.None;
import io.acuity.weights.Pickled.Storage;
import io.acuity.weights.Pickled.Tuple;
import io.acuity.weights.Pickled.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every name a PyTorch pickle may use, and what "calling" it gives. The calls are written here, in Java, and make values only;
 * no name is ever looked up as code.
 */
final class PickleGlobals {
    private static final int MAX_RANK = 8;
    private static final Map<String, Global> ALLOWED = allowed();

    private PickleGlobals() {}

    /** What a name stands for. */
    enum Kind {
        ORDERED_DICT,
        TENSOR,
        PARAMETER,
        SIZE,
        /** A storage class, named in persistent ids and never called. */
        STORAGE,
        /** Anything called only for its side effects or its type. */
        IGNORED
    }

    private static Map<String, Global> allowed() {
        Map<String, Global> map = new HashMap<>();
        add(map, Kind.ORDERED_DICT, "collections.OrderedDict");
        add(map, Kind.TENSOR, "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2");
        add(
                map,
                Kind.PARAMETER,
                "torch._utils._rebuild_parameter",
                "torch.nn.parameter.Parameter",
                "torch.nn.Parameter");
        add(map, Kind.SIZE, "torch.Size");
        for (ElementType type : ElementType.values()) {
            add(map, Kind.STORAGE, "torch." + type.storage());
        }
        add(map, Kind.IGNORED, "torch.device", "torch.nn.backends.thnn._get_thnn_function_backend");
        for (String type : List.of("float32", "float16", "bfloat16", "float64", "int64", "int32", "uint8", "bool")) {
            add(map, Kind.IGNORED, "torch." + type);
        }
        return Map.copyOf(map);
    }

    private static void add(Map<String, Global> map, Kind kind, String... names) {
        for (String name : names) {
            map.put(name, new Global(name, kind));
        }
    }

    /** The allowed name, or null. */
    static @Nullable Global find(String name) {
        return ALLOWED.get(name);
    }

    /** The element type of a storage class. */
    static @Nullable ElementType element(Global storage) {
        for (ElementType type : ElementType.values()) {
            if (storage.name().equals("torch." + type.storage())) {
                return type;
            }
        }
        return null;
    }

    /**
     * What Python's call of {@code global} would make.
     *
     * @throws IllegalArgumentException wanted and given arguments
     */
    static Object call(Global global, List<Object> arguments) {
        return switch (global.kind()) {
            case ORDERED_DICT -> orderedDict(arguments);
            case TENSOR -> tensor(global.name(), arguments);
            case PARAMETER -> parameter(global.name(), arguments);
            case SIZE ->
                arguments.size() == 1 && arguments.getFirst() instanceof Tuple sizes
                        ? sizes
                        : wrong("torch.Size: want one tuple", arguments);
            case STORAGE -> wrong(global.name() + ": want it in a persistent id, have a call", arguments);
            case IGNORED -> new Ignored(global.name());
        };
    }

    /** Empty, or from a list of pairs as Python 2 wrote it. */
    private static Object orderedDict(List<Object> arguments) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (arguments.isEmpty()) {
            return map;
        }
        if (arguments.size() != 1 || !(arguments.getFirst() instanceof List<?> pairs)) {
            return wrong("OrderedDict: want nothing or a list of pairs", arguments);
        }
        for (Object pair : pairs) {
            List<?> items =
                    pair instanceof Tuple tuple ? tuple.items() : pair instanceof List<?> list ? list : List.of();
            if (items.size() != 2) {
                return wrong("OrderedDict: want pairs", items);
            }
            map.put(key(items.get(0)), items.get(1));
        }
        return map;
    }

    /** Keys whose hash code is their own, so that no structure, however nested, is walked to find one. */
    static Object key(Object key) {
        return switch (key) {
            case String _, Long _, Double _, Boolean _, None _ -> key;
            default -> wrong("dictionary: want keys that are strings or numbers", key);
        };
    }

    private static Object parameter(String name, List<Object> arguments) {
        if (arguments.isEmpty() || arguments.size() > 3 || !(arguments.getFirst() instanceof View view)) {
            return wrong(name + ": want a tensor", arguments);
        }
        return view;
    }

    /** (storage, offset, sizes, strides, ...): what else follows tells of gradients and hooks. */
    private static Object tensor(String name, List<Object> arguments) {
        if (arguments.size() < 4
                || arguments.size() > 7
                || !(arguments.get(0) instanceof Storage storage)
                || !(arguments.get(1) instanceof Long offset)) {
            return wrong(name + ": want storage, offset, sizes and strides", arguments);
        }
        List<Long> sizes = naturals(name + " sizes", arguments.get(2));
        List<Long> strides = naturals(name + " strides", arguments.get(3));
        View view = new View(storage, offset, sizes, strides);
        check(name, view);
        return view;
    }

    private static List<Long> naturals(String what, Object value) {
        List<Long> numbers = new ArrayList<>();
        if (value instanceof Tuple tuple && tuple.items().size() <= MAX_RANK) {
            for (Object item : tuple.items()) {
                if (item instanceof Long number && number >= 0) {
                    numbers.add(number);
                }
            }
            if (numbers.size() == tuple.items().size()) {
                return List.copyOf(numbers);
            }
        }
        throw new IllegalArgumentException(what + ": want a tuple of at most " + MAX_RANK
                + " whole numbers, none negative, have " + PickleMachine.kind(value));
    }

    /** Every element lies inside the storage, and no number of it is two elements. */
    private static void check(String name, View view) {
        Storage storage = view.storage();
        if (view.sizes().size() != view.strides().size()) {
            throw new IllegalArgumentException(
                    name + ": want as many strides as sizes, have " + view.sizes() + " and " + view.strides());
        }
        boolean inside;
        try {
            inside = view.offset() >= 0
                    && Math.addExact(view.offset(), view.span()) <= storage.count()
                    && view.count() <= storage.count();
        } catch (ArithmeticException _) {
            inside = false;
        }
        if (!inside) {
            throw new IllegalArgumentException(name + ": want a tensor inside its storage of " + storage.count()
                    + " numbers, have offset " + view.offset() + ", sizes " + view.sizes() + ", strides "
                    + view.strides());
        }
        if (view.count() > 0 && !distinct(view)) {
            throw new IllegalArgumentException(
                    name + ": want every number once, have sizes " + view.sizes() + " with strides " + view.strides());
        }
    }

    /** Sufficient, and met by every slice and transpose: each step passes over all that the smaller ones reach. */
    private static boolean distinct(View view) {
        List<Integer> axes = new ArrayList<>();
        for (int i = 0; i < view.sizes().size(); i++) {
            if (view.sizes().get(i) > 1) {
                axes.add(i);
            }
        }
        axes.sort((a, b) -> Long.compare(view.strides().get(a), view.strides().get(b)));
        long reached = 0;
        for (int axis : axes) {
            long stride = view.strides().get(axis);
            if (stride <= reached) {
                return false;
            }
            reached += stride * (view.sizes().get(axis) - 1);
        }
        return true;
    }

    private static Object wrong(String want, Object have) {
        throw new IllegalArgumentException(want + ", have " + PickleMachine.kind(have));
    }
}
