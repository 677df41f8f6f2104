package io.acuity.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A device that puts sentinels before and after all memory it hands out; {@link #check} tells whether something wrote beyond.
 * Buffers belong to the device within, so that tensors upload and download as ever.
 */
public final class GuardedDevice extends ForwardingDevice {
    private static final int SENTINEL = 0x5ca1ab1e;
    private static final long GUARD = 256;

    private final Device inner;
    private final Map<Long, Buffer> wholes = new HashMap<>();

    public GuardedDevice(Device inner) {
        super(inner);
        this.inner = inner;
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

    /** Checks the sentinels; the device within is closed by who opened it. */
    @Override
    public void close() {
        check();
    }
}
