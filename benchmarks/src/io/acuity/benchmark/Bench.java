package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Random;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A device that is good to measure on, and numbers to feed it. */
public final class Bench implements AutoCloseable {
    private final Device device;
    private long seed;

    private Bench(Device device) {
        this.device = device;
    }

    /** Opens a device; one that only emulates is refused. */
    public static Bench open(String name) {
        Device device = Device.open(name);
        if (device.name().equals("emu")) {
            device.close();
            throw new IllegalStateException("benchmark on emu: want a device at its full speed, have an emulator");
        }
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
        device.close();
    }
}
