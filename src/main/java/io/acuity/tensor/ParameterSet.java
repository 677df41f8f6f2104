package io.acuity.tensor;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All trained parameters of one network in one flat run of memory, so that the optimizer and the moving average are one launch
 * each. Declare every parameter, then {@link #allocate} once.
 */
public final class ParameterSet implements AutoCloseable {
    /** Each parameter starts at a multiple of this many numbers: one cache line. */
    private static final int ALIGNMENT = 16;

    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<Parameter, Supplier<float[]>> initial = new LinkedHashMap<>();
    private final List<Buffer> owned = Collections.synchronizedList(new ArrayList<>());
    private final List<Arena> arenas = new ArrayList<>();
    private long elements;
    private boolean trains = true;
    private long version;
    private @Nullable Buffer values;
    private @Nullable Buffer gradients;
    private volatile boolean begun;

    /** Adds a parameter with its first values, in the file formats' order. */
    public Parameter declare(String name, List<Integer> dimensions, float[] first) {
        Parameter parameter = parameter(name, dimensions);
        check(parameter, first);
        return add(parameter, () -> first);
    }

    /** The same with first values that are asked for only if none are {@linkplain #write written} before the first use. */
    public Parameter declare(String name, List<Integer> dimensions, Supplier<float[]> first) {
        return add(parameter(name, dimensions), first);
    }

    private Parameter parameter(String name, List<Integer> dimensions) {
        if (values != null) {
            throw new IllegalStateException("parameter " + name + ": want it declared before the set is allocated");
        }
        return new Parameter(name, List.copyOf(dimensions), this, elements);
    }

    private Parameter add(Parameter parameter, Supplier<float[]> first) {
        String name = parameter.name();
        if (parameters.put(name, parameter) != null) {
            throw new IllegalArgumentException("parameter " + name + ": want each name once, have it twice");
        }
        initial.put(parameter, first);
        elements += (parameter.elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return parameter;
    }

    private static void check(Parameter parameter, float[] numbers) {
        if (numbers.length != parameter.elements()) {
            throw new IllegalArgumentException("parameter " + parameter.name() + ": want " + parameter.elements()
                    + " numbers, have " + numbers.length);
        }
    }

    /** Takes the device memory of the values; that of the gradients is taken when they are first formed. */
    public ParameterSet allocate(Device device) {
        values = own(device, elements * Float.BYTES);
        device.fill(values, 0);
        return this;
    }

    /** Uploads the first values of what nothing was written to. */
    private synchronized void begin() {
        initial.forEach((parameter, first) -> upload(parameter, first.get()));
        initial.clear();
        begun = true;
    }

    private void upload(Parameter parameter, float[] numbers) {
        check(parameter, numbers);
        device().upload(MemorySegment.ofArray(numbers), parameter.part(allocated(values)));
    }

    /** Where the numbers lie. */
    public Device device() {
        return allocated(values).device();
    }

    /** Length of the flat memory in numbers, padding included. */
    public long flatElements() {
        return elements;
    }

    /** Trained numbers, padding not included. */
    public long count() {
        return parameters.values().stream().mapToLong(Parameter::elements).sum();
    }

    /** The flat memory of all values. */
    public Buffer values() {
        Buffer all = allocated(values);
        if (!begun) {
            begin();
        }
        return all;
    }

    /** The flat memory of all gradients; see {@link #completeGradients}. */
    public synchronized Buffer gradients() {
        Buffer all = gradients;
        if (all == null) {
            all = own(device(), elements * Float.BYTES);
            device().fill(all, 0);
            gradients = all;
        }
        return all;
    }

    private static Buffer allocated(@Nullable Buffer buffer) {
        if (buffer == null) {
            throw new IllegalStateException("parameters: want allocate(device) called first");
        }
        return buffer;
    }

    /** Device memory that lives as long as this set. */
    public Buffer own(long bytes) {
        return own(device(), bytes);
    }

    /** An arena that lives as long as this set, for what is derived from it. */
    public Arena arena() {
        Arena arena = Arena.on(device());
        arenas.add(arena);
        return arena;
    }

    private Buffer own(Device device, long bytes) {
        Buffer buffer = device.allocate(bytes);
        owned.add(buffer);
        return buffer;
    }

    /** Every parameter by its name, in the order of declaration. */
    public Map<String, Parameter> byName() {
        return Collections.unmodifiableMap(parameters);
    }

    /** Tells that the values have changed: packed copies are remade at their next use. */
    public void changed() {
        version++;
    }

    /** Copies of parameters for tensor cores that were made so far, in the order of the parameters. */
    public List<PackedCopy> copies() {
        return parameters.values().stream()
                .flatMap(parameter -> parameter.copies().stream())
                .toList();
    }

    /**
     * Tells that the values have changed, and these copies with them where they were copies of the values before: those are not
     * remade.
     */
    public void changed(List<PackedCopy> with) {
        List<PackedCopy> current = with.stream()
                .filter(copy -> copy.parameter().isCurrent(copy.order()))
                .toList();
        changed();
        current.forEach(copy -> copy.parameter().keep(copy.order()));
    }

    /** Counts the changes of the values. */
    public long version() {
        return version;
    }

    /** Whether gradients are formed for these parameters. */
    public boolean trains() {
        return trains;
    }

    /** Freezes or thaws: a frozen set lets gradients pass through to its inputs but forms none of its own. */
    public void trains(boolean on) {
        trains = on;
    }

    /** Forgets the gradients of the last step; parameters that get none in a step count as zero. */
    public void clearGradients() {
        parameters.values().forEach(Parameter::clearGradient);
    }

    /** Fills with zero what no gradient was written to, so that the flat memory can be read whole. */
    public void completeGradients() {
        for (Parameter p : parameters.values()) {
            if (!p.gradientWritten()) {
                device().fill(p.gradient(), 0);
            }
        }
    }

    /** Values of one parameter in the file formats' order. */
    public float[] read(String name) {
        Parameter p = parameter(name);
        return download(p.values(), Math.toIntExact(p.elements()));
    }

    /**
     * Sets the values of one parameter, given in the file formats' order.
     *
     * @throws IllegalArgumentException if there is no such parameter, or it has another number of values
     */
    public void write(String name, float[] numbers) {
        Parameter p = parameter(name);
        synchronized (this) {
            upload(p, numbers);
            initial.remove(p);
        }
        changed();
    }

    /** The parameter of this name. */
    public Parameter parameter(String name) {
        Parameter p = parameters.get(name);
        if (p == null) {
            throw new IllegalArgumentException("parameter: want one of " + parameters.keySet() + ", have " + name);
        }
        return p;
    }

    float[] download(Buffer buffer, int count) {
        float[] numbers = new float[count];
        device().download(buffer, MemorySegment.ofArray(numbers));
        return numbers;
    }

    @Override
    public void close() {
        for (Buffer buffer : owned) {
            buffer.device().release(buffer);
        }
        owned.clear();
        arenas.forEach(Arena::close);
        arenas.clear();
    }
}
