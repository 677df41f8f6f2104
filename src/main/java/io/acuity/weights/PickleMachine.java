package io.acuity.weights;

import io.acuity.weights.Pickled.Global;
import io.acuity.weights.Pickled.Ignored;
import io.acuity.weights.Pickled.Module;
import io.acuity.weights.Pickled.ModuleClass;
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
 * Executes the part of Python's pickle language that PyTorch writes. It can make lists, maps, strings, numbers and what {@link
 * Pickled} lists, and nothing else: it has no way to find, load or call code. Names beyond {@link PickleGlobals} are refused as
 * they are met. Work and memory are paid for out of a budget before they are spent.
 */
final class PickleMachine {
    /** A checkpoint of 10,000 tensors needs half of it. */
    private static final int BUDGET = 32 << 20;

    private static final int MAX_MARKS = 64;
    private static final int OPERATION = 8;
    private static final int OBJECT = 48;
    private static final int CONTAINER = 96;

    private final PickleBytes in;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private final Map<String, Storage> storages;
    private int spent;

    /** {@code storages} is filled with those that the pickle names. */
    PickleMachine(PickleBytes in, Map<String, Storage> storages) {
        this.in = in;
        this.storages = storages;
    }

    /** Runs to the end of one pickle and gives its value. */
    Object run() {
        if (in.u1() != 0x80) {
            throw in.wrong("a pickle of protocol 2 to 5", "something else");
        }
        int protocol = in.u1();
        if (protocol < 2 || protocol > 5) {
            throw in.wrong("a pickle of protocol 2 to 5", protocol);
        }
        while (true) {
            int operation = in.u1();
            if (operation == '.') {
                Object value = pop();
                if (!stack.isEmpty() || !marks.isEmpty()) {
                    throw in.wrong("one value at the end", stack.size() + 1);
                }
                return value;
            }
            spend(OPERATION);
            try {
                step(operation);
            } catch (IllegalArgumentException e) {
                throw in.wrong(e);
            }
        }
    }

    private void step(int operation) {
        switch (operation) {
            case '(' -> mark();
            case '0' -> pop();
            case '1' -> popToMark();
            case 'N' -> push(None.NONE, 0);
            case 0x88 -> push(true, 0);
            case 0x89 -> push(false, 0);
            case 'K' -> push((long) in.u1(), OBJECT);
            case 'M' -> push((long) in.u2(), OBJECT);
            case 'J' -> push((long) in.i4(), OBJECT);
            case 0x8a -> push(in.wide(in.u1()), OBJECT);
            case 'G' -> push(in.f8(), OBJECT);
            case 'U' -> string(in.u1(), false);
            case 'T' -> string(in.i4(), false);
            case 0x8c -> string(in.u1(), true);
            case 'X' -> string(Integer.toUnsignedLong(in.i4()), true);
            case 0x8d -> string(in.i8(), true);
            case 'C' -> bytes(in.u1());
            case 'B' -> bytes(Integer.toUnsignedLong(in.i4()));
            case 0x8e -> bytes(in.i8());
            case 0x95 -> frame(in.i8());
            case '}' -> push(new LinkedHashMap<Object, Object>(), CONTAINER);
            case 'd' -> dictionary(popToMark());
            case 's' -> set(List.of(pop(), pop()).reversed());
            case 'u' -> set(popToMark());
            case ']' -> push(new ArrayList<Object>(0), OBJECT);
            case 'l' -> push(new ArrayList<>(popToMark()), OBJECT);
            case 'a' -> append(List.of(pop()));
            case 'e' -> append(popToMark());
            case ')' -> push(new Tuple(List.of()), OBJECT);
            case 't' -> tuple(popToMark());
            case 0x85 -> tuple(popLast(1));
            case 0x86 -> tuple(popLast(2));
            case 0x87 -> tuple(popLast(3));
            case 0x8f -> push(new Ignored("set"), OBJECT);
            case 0x90 -> items(popToMark());
            case 'c' -> global(in.line(), in.line());
            case 0x93 -> stackGlobal();
            case 'i' -> throw refused(in.line() + "." + in.line());
            case 'R' -> reduce();
            case 0x81 -> make();
            case 'b' -> build();
            case 'Q' -> persistent();
            case 'q' -> remember(in.u1());
            case 'r' -> remember(in.i4());
            case 0x94 -> remember(memo.size());
            case 'h' -> recall(in.u1());
            case 'j' -> recall(in.i4());
            default -> throw in.wrong("an operation that PyTorch writes", "0x%02x".formatted(operation));
        }
    }

    private void spend(long bytes) {
        if (bytes > BUDGET - spent) {
            throw in.wrong("a pickle that needs at most " + (BUDGET >> 20) + " MB", "more");
        }
        spent += (int) bytes;
    }

    private void push(Object value, int cost) {
        spend(cost);
        stack.add(value);
    }

    private Object pop() {
        if (stack.size() <= bottom()) {
            throw in.wrong("a value on the stack", "none");
        }
        return stack.removeLast();
    }

    private Object top() {
        if (stack.size() <= bottom()) {
            throw in.wrong("a value on the stack", "none");
        }
        return stack.getLast();
    }

    private int bottom() {
        return marks.isEmpty() ? 0 : marks.getLast();
    }

    private void mark() {
        if (marks.size() == MAX_MARKS) {
            throw in.wrong("at most " + MAX_MARKS + " levels", "more");
        }
        marks.add(stack.size());
    }

    private List<Object> popToMark() {
        if (marks.isEmpty()) {
            throw in.wrong("a mark on the stack", "none");
        }
        List<Object> items = popLast(stack.size() - marks.getLast());
        marks.removeLast();
        return items;
    }

    private List<Object> popLast(int count) {
        if (stack.size() - count < bottom()) {
            throw in.wrong(count + " values on the stack", stack.size() - bottom());
        }
        List<Object> end = stack.subList(stack.size() - count, stack.size());
        spend(OPERATION * (long) count);
        List<Object> items = List.copyOf(end);
        end.clear();
        return items;
    }

    private void string(long length, boolean unicode) {
        if (length > 0 && length <= PickleBytes.MAX_STRING) {
            spend(4 * length); // bytes, characters, and the string
        }
        push(unicode ? in.utf8(length) : in.latin1(length), OBJECT);
    }

    private void bytes(long length) {
        in.skip(length);
        push(new Ignored("bytes"), OBJECT);
    }

    /** Frames only help to read ahead. */
    private void frame(long length) {
        if (length < 0) {
            throw in.wrong("a frame of at most 2^63 bytes", Long.toUnsignedString(length));
        }
    }

    private void dictionary(List<Object> items) {
        push(new LinkedHashMap<Object, Object>(), CONTAINER);
        set(items);
    }

    private void set(List<Object> items) {
        if (!(top() instanceof Map<?, ?> map) || items.size() % 2 != 0) {
            throw in.wrong("a dictionary, and keys with values", kind(top()) + " and " + items.size() + " items");
        }
        spend(CONTAINER * (long) items.size());
        for (int i = 0; i < items.size(); i += 2) {
            mutable(map).put(PickleGlobals.key(items.get(i)), items.get(i + 1));
        }
    }

    private void append(List<Object> items) {
        if (!(top() instanceof List<?> list)) {
            throw in.wrong("a list", kind(top()));
        }
        spend(2L * OPERATION * items.size());
        mutable(list).addAll(items);
    }

    /** Every map and list on the stack was made here, of objects. */
    @SuppressWarnings("unchecked")
    private static Map<Object, Object> mutable(Map<?, ?> map) {
        return (Map<Object, Object>) map;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> mutable(List<?> list) {
        return (List<Object>) list;
    }

    private void items(List<Object> items) {
        if (!(top() instanceof Ignored)) {
            throw in.wrong("a set for " + items.size() + " items", kind(top()));
        }
    }

    private void tuple(List<Object> items) {
        push(new Tuple(items), OBJECT);
    }

    private void remember(int index) {
        spend(OBJECT);
        memo.put(index, top());
    }

    private void recall(int index) {
        Object value = memo.get(index);
        if (value == null) {
            throw in.wrong("a remembered value", "none of number " + Integer.toUnsignedString(index));
        }
        push(value, 0);
    }

    private void stackGlobal() {
        Object name = pop();
        Object module = pop();
        if (!(module instanceof String m) || !(name instanceof String n)) {
            throw in.wrong("two names", kind(module) + " and " + kind(name));
        }
        global(m, n);
    }

    /**
     * The classes of a module that was pickled whole are told as (module CLASS ...) for a persistent id, and only there may a name
     * be one that is not known here: it is kept as a name.
     */
    private void global(String module, String name) {
        String full = module + "." + name;
        Global known = PickleGlobals.find(full);
        if (known != null) {
            push(known, 0);
        } else if (stack.size() == bottom() + 1 && stack.getLast().equals("module")) {
            push(new ModuleClass(full), OBJECT + 4 * full.length());
        } else {
            throw refused(full);
        }
    }

    private WeightsException refused(String name) {
        return in.wrong(
                "only tensors and what PyTorch needs to name them",
                "the name " + WeightsException.shown(name)
                        + ", which is refused; a file of the state_dict() alone would do");
    }

    private void reduce() {
        Object arguments = pop();
        Object function = pop();
        if (!(function instanceof Global global) || !(arguments instanceof Tuple tuple)) {
            throw in.wrong("a call of a known name", "a call of " + kind(function));
        }
        int items = tuple.items().size();
        if (items == 1 && tuple.items().getFirst() instanceof List<?> list) {
            items = list.size();
        }
        push(PickleGlobals.call(global, tuple.items()), CONTAINER + 2 * CONTAINER * items);
    }

    /** Python's {@code cls.__new__(cls)}. */
    private void make() {
        Object arguments = pop();
        Object type = pop();
        if (!(arguments instanceof Tuple tuple)) {
            throw in.wrong("a tuple of arguments", kind(arguments));
        }
        switch (type) {
            case ModuleClass known when tuple.items().isEmpty() -> push(new Module(known.name()), CONTAINER);
            case Global global
            when global.kind() == PickleGlobals.Kind.ORDERED_DICT ->
                push(PickleGlobals.call(global, tuple.items()), CONTAINER);
            default -> throw in.wrong("a new module or OrderedDict", "a new " + kind(type));
        }
    }

    /** Attributes: kept for modules, of no use for dictionaries and parameters. */
    private void build() {
        Object state = pop();
        switch (top()) {
            case Module module
            when state instanceof Map<?, ?> fields -> {
                spend(CONTAINER * (long) fields.size());
                fields.forEach((key, value) -> module.fields().put(String.valueOf(key), value));
            }
            case Map<?, ?> _, View _, Ignored _ -> {
                // _metadata of a state dict, requires_grad of a parameter
            }
            default -> throw in.wrong("a module or dictionary with its attributes", kind(top()));
        }
    }

    private void persistent() {
        if (pop() instanceof Tuple id && id.items().size() >= 2) {
            List<Object> items = id.items();
            if (items.get(0).equals("module") && items.get(1) instanceof Pickled type) {
                push(type, 0);
                return;
            }
            @Nullable Storage storage = storage(items);
            if (storage != null) {
                Storage known = storages.putIfAbsent(storage.key(), storage);
                if (known != null && !known.equals(storage)) {
                    throw in.wrong(
                            "each storage with one type and size",
                            "two kinds of storage " + WeightsException.shown(storage.key()));
                }
                push(storage, CONTAINER);
                return;
            }
        }
        throw in.wrong("a persistent id (storage, class, key, place, numbers)", "another");
    }

    /** Of ("storage", class, key, place, numbers) and, in the old container, a view of a storage, which must be none. */
    private static @Nullable Storage storage(List<Object> items) {
        boolean fits = items.get(0).equals("storage")
                && (items.size() == 5 || (items.size() == 6 && items.get(5) == None.NONE));
        if (fits
                && items.get(1) instanceof Global type
                && items.get(2) instanceof String key
                && items.get(4) instanceof Long count
                && count >= 0) {
            ElementType element = PickleGlobals.element(type);
            return element == null ? null : new Storage(element, key, count);
        }
        return null;
    }

    /** What a value is, in a word; never its content, which may be endless. */
    static String kind(Object value) {
        return switch (value) {
            case None _ -> "None";
            case String text -> "\"" + WeightsException.shown(text) + "\"";
            case Long _, Double _, Boolean _ -> value.toString();
            case Map<?, ?> map -> "a dictionary of " + map.size();
            case List<?> list -> "a list of " + list.size();
            case Tuple tuple -> "a tuple of " + tuple.items().size();
            case Global global -> global.name();
            case ModuleClass type -> type.name();
            case Module module -> "a module " + module.name();
            case Ignored ignored -> ignored.what();
            case Storage _ -> "a storage";
            case View _ -> "a tensor";
            default -> value.getClass().getSimpleName();
        };
    }
}
