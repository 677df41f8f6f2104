package io.acuity.device;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A device that hands everything on to another one; what extends it changes what it wants to. Buffers belong to the device within,
 * and so does {@link #close}.
 */
public abstract class ForwardingDevice implements Device {
    private final Device inner;

    protected ForwardingDevice(Device inner) {
        this.inner = inner;
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public Precision precision() {
        return inner.precision();
    }

    @Override
    public Buffer allocate(long bytes) {
        return inner.allocate(bytes);
    }

    @Override
    public void release(Buffer buffer) {
        inner.release(buffer);
    }

    @Override
    public void upload(MemorySegment from, Buffer to) {
        inner.upload(from, to);
    }

    @Override
    public void download(Buffer from, MemorySegment to) {
        inner.download(from, to);
    }

    @Override
    public void fill(Buffer buffer, int word) {
        inner.fill(buffer, word);
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        inner.launch(kernel, grid, arguments);
    }

    @Override
    public void fft(Fft fft, Fft.Direction direction, Buffer from, Buffer to) {
        inner.fft(fft, direction, from, to);
    }

    @Override
    public void gemm(Gemm product) {
        inner.gemm(product);
    }

    @Override
    public boolean has(Kernel kernel) {
        return inner.has(kernel);
    }

    @Override
    public Graph capture(Runnable work) {
        return inner.capture(work);
    }

    @Override
    public void feed(Buffer to, Consumer<MemorySegment> writer) {
        inner.feed(to, writer);
    }

    @Override
    public Readback readback(long bytes) {
        return inner.readback(bytes);
    }

    @Override
    public void synchronize() {
        inner.synchronize();
    }

    @Override
    public String describe() {
        return inner.describe();
    }

    @Override
    public void close() {
        inner.close();
    }
}
