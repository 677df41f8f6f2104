package io.acuity.device.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.driver.JCudaDriver;

/** Host memory that the GPU copies from and to by itself, and an event after its last copy. */
final class Pinned implements AutoCloseable {
    private final CudaContext cuda;
    private final Handles.Address pointer = new Handles.Address();
    private final Handles.Event event;
    private final MemorySegment memory;

    Pinned(CudaContext cuda, long bytes) {
        this.cuda = cuda;
        event = cuda.event();
        cuda.driver().check("cuMemHostAlloc of " + bytes + " bytes", JCudaDriver.cuMemHostAlloc(pointer, bytes, 0));
        memory = MemorySegment.ofAddress(pointer.address()).reinterpret(bytes);
    }

    /** The first {@code bytes} bytes. */
    MemorySegment memory(long offset, long bytes) {
        return memory.asSlice(offset, bytes);
    }

    long address() {
        return memory.address();
    }

    /** Marks the end of the copies asked for so far. */
    void mark() {
        cuda.driver().record(event.address(), cuda.stream());
    }

    /** Waits until the copies before the last mark have ended. */
    void await() {
        cuda.driver().waitForEvent(event.address());
    }

    @Override
    public void close() {
        JCudaDriver.cuEventDestroy(event);
        JCudaDriver.cuMemFreeHost(pointer);
    }
}
