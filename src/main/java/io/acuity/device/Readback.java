package io.acuity.device;

import java.lang.foreign.MemorySegment;

/** A small copy from a device to the host, on its way while the host goes on: asked for after one step, read after the next. */
public interface Readback extends AutoCloseable {
    /**
     * Asks for the start of a buffer as the work asked for so far leaves it; does not wait. What was asked for before is lost.
     *
     * @throws DeviceException inside a capture
     * @throws IllegalArgumentException if the buffer is smaller than the room
     */
    void start(Buffer from);

    /**
     * Waits for what was asked for last; no later work is waited for.
     *
     * @return the bytes, valid until the next {@link #start}
     */
    MemorySegment await();

    /** Gives the room back. */
    @Override
    void close();
}
