package io.acuity.device;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/** A device that spoils the first number of the results of chosen launches of one kernel, as a bad batch or a fault would. */
public final class DisturbedDevice implements Device {
    private final Device inner;
    private final String kernel;
    private final int result;
    private final LongToIntFunction spoilt;
    private long launches;

    /**
     * Spoils {@code kernel}.
     *
     * @param result which argument its result is
     * @param spoilt from the number of the launch, counted from 0: the bits to write, or 0 to leave it alone
     */
    public DisturbedDevice(Device inner, String kernel, int result, LongToIntFunction spoilt) {
        this.inner = inner;
        this.kernel = kernel;
        this.result = result;
        this.spoilt = spoilt;
    }

    @Override
    public void gemm(Gemm product) {
        inner.gemm(product);
    }

    @Override
    public void launch(Kernel launched, Grid grid, @Nullable Object... arguments) {
        inner.launch(launched, grid, arguments);
        if (launched.name().equals(kernel) && arguments[result] instanceof Buffer buffer) {
            int bits = spoilt.applyAsInt(launches++);
            if (bits != 0) {
                inner.upload(MemorySegment.ofArray(new int[] {bits}), buffer);
            }
        }
    }

    @Override
    public String name() {
        return inner.name();
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
    public void fft(Fft fft, Fft.Direction direction, Buffer from, Buffer to) {
        inner.fft(fft, direction, from, to);
    }

    @Override
    public boolean has(Kernel wanted) {
        return inner.has(wanted);
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
