package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Graph;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A device that is good to measure on, and numbers to feed it. */
public final class Bench implements AutoCloseable {
    private final Device device;
    private final List<Graph> graphs = new ArrayList<>();

    /** The youngest first. */
    private final Deque<AutoCloseable> held = new ArrayDeque<>();

    private long seed;

    private Bench(Device device) {
        this.device = device;
    }

    /** Opens a device; one that only emulates is refused. */
    public static Bench open(String name) {
        return open(name, Precision.FP32);
    }

    /** The same in a number mode. */
    public static Bench open(String name, Precision precision) {
        Device device = Device.open(name, precision);
        if (device.name().equals("emu")) {
            device.close();
            throw new IllegalStateException("benchmark on emu: want a device at its full speed, have an emulator");
        }
        return new Bench(device);
    }

    /** For tests: numbers and launches on any device, which is closed with this. */
    static Bench on(Device device) {
        return new Bench(device);
    }

    public Device device() {
        return device;
    }

    /** Memory of so many numbers, content undefined. */
    public Buffer room(long numbers) {
        return device.allocate(numbers * Float.BYTES);
    }

    /** So many numbers, uniform in [-1, 1). */
    public Buffer noise(long numbers) {
        float[] values = new float[Math.toIntExact(numbers)];
        Random random = Random.of(7, seed++);
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 1;
        }
        return upload(MemorySegment.ofArray(values));
    }

    /** Feature maps of so many numbers, uniform in [-1, 1), in the device's number mode. */
    public Buffer features(Shape shape) {
        return device.precision() == Precision.BF16 ? half(shape) : noise(shape.elements());
    }

    /** Numbers that feature maps take in memory, in the device's number mode. */
    public long stored(Shape shape) {
        return device.precision().stored(shape.n(), shape.c(), shape.h(), shape.w());
    }

    /** Feature maps in bf16; those channels that fill up a block are noise too. */
    Buffer half(Shape shape) {
        short[] bits = new short[Math.toIntExact(Precision.BF16.stored(shape.n(), shape.c(), shape.h(), shape.w()))];
        Random random = Random.of(11, seed++);
        for (int i = 0; i < bits.length; i++) {
            bits[i] = (short) (Float.floatToRawIntBits(2 * random.nextFloat() - 1) >>> 16);
        }
        return upload(MemorySegment.ofArray(bits)).as(Precision.BF16);
    }

    public Buffer upload(MemorySegment values) {
        Buffer buffer = device.allocate(values.byteSize());
        device.upload(values, buffer);
        return buffer;
    }

    /** A launch to be timed. */
    public Runnable kernel(String name, Grid grid, @Nullable Object... arguments) {
        Kernel kernel = require(name);
        return () -> device.launch(kernel, grid, arguments);
    }

    /**
     * Work as it is to be timed.
     *
     * @param launch {@code direct}: as it stands; {@code graph}: captured after it has run {@code before} times, and replayed
     */
    public Runnable launched(String launch, int before, Runnable work) {
        if (launch.equals("direct")) {
            return work;
        }
        if (!launch.equals("graph")) {
            throw new IllegalArgumentException("launch: want direct or graph, have " + launch);
        }
        for (int i = 0; i < before; i++) {
            work.run();
        }
        Graph graph = device.capture(work);
        graphs.add(graph);
        return graph::launch;
    }

    /** Closes it with this device, before it. */
    public <T extends AutoCloseable> T hold(T resource) {
        held.addFirst(resource);
        return resource;
    }

    /** The kernel of this name; one that this device only emulates is refused. */
    public Kernel require(String name) {
        Kernel kernel = new Kernel(name);
        if (!device.has(kernel)) {
            throw new IllegalStateException("benchmark of " + name + " on " + device.name()
                    + ": want the device's own form of the kernel, have an emulated one or none");
        }
        return kernel;
    }

    @Override
    public void close() {
        graphs.forEach(Graph::close);
        for (AutoCloseable resource : held) {
            try {
                resource.close();
            } catch (Exception failure) {
                throw new IllegalStateException("benchmark: want its memory released, have " + failure, failure);
            }
        }
        device.close();
    }
}
