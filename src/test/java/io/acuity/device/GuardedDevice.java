package io.acuity.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A device that puts sentinels before and after all memory it hands out; {@link #check} tells whether something wrote beyond.
 * Buffers belong to the device within, so that tensors upload and download as ever.
 */
public final class GuardedDevice implements Device {
    private static final int SENTINEL = 0x5ca1ab1e;
    private static final long GUARD = 256;

    private final Device inner;
    private final Map<Long, Buffer> wholes = new HashMap<>();

    public GuardedDevice(Device inner) {
        this.inner = inner;
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public Buffer allocate(long bytes) {
        Buffer whole = inner.allocate(GUARD + bytes + GUARD);
        inner.fill(whole.slice(0, GUARD), SENTINEL);
        inner.fill(whole.slice(GUARD + bytes, GUARD), SENTINEL);
        Buffer inside = whole.slice(GUARD, bytes);
        wholes.put(inside.address(), whole);
        return inside;
    }

    @Override
    public void release(Buffer buffer) {
        Buffer whole = wholes.remove(buffer.address());
        if (whole == null) {
            throw new AssertionError("release: want a live buffer, have " + buffer);
        }
        check(whole);
        inner.release(whole);
    }

    /** Fails if any sentinel has changed. */
    public void check() {
        inner.synchronize();
        wholes.values().forEach(this::check);
    }

    private void check(Buffer whole) {
        assertSentinels(whole, 0, "before");
        assertSentinels(whole, whole.bytes() - GUARD, "after");
    }

    private void assertSentinels(Buffer whole, long offset, String where) {
        int[] words = new int[(int) (GUARD / Integer.BYTES)];
        inner.download(whole.slice(offset, GUARD), MemorySegment.ofArray(words));
        assertThat(Arrays.stream(words).filter(w -> w != SENTINEL).count())
                .as("words written %s a buffer of %d bytes", where, whole.bytes() - 2 * GUARD)
                .isZero();
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
    public void synchronize() {
        inner.synchronize();
    }

    @Override
    public String describe() {
        return inner.describe();
    }

    /** Checks the sentinels; the device within is closed by who opened it. */
    @Override
    public void close() {
        check();
    }
}
