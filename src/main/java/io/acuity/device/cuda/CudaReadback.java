package io.acuity.device.cuda;

import io.acuity.device.Arguments;
import io.acuity.device.Buffer;
import io.acuity.device.Readback;
import java.lang.foreign.MemorySegment;

/** A copy to pinned memory that lies on the stream behind the work before it, and an event behind the copy. */
final class CudaReadback implements Readback {
    private final CudaDevice device;
    private final CudaContext cuda;
    private final Pinned area;
    private final long bytes;

    CudaReadback(CudaDevice device, CudaContext cuda, long bytes) {
        this.device = device;
        this.cuda = cuda;
        this.bytes = bytes;
        area = new Pinned(cuda, bytes);
    }

    @Override
    public void start(Buffer from) {
        Arguments.checkOwner(device, from);
        if (bytes > from.bytes()) {
            throw new IllegalArgumentException(
                    "readback: want a buffer of at least " + bytes + " bytes, have " + from.bytes());
        }
        device.readback(() -> {
            cuda.driver().copyToHost(area.address(), from.address(), bytes, cuda.stream());
            area.mark();
        });
    }

    @Override
    public MemorySegment await() {
        device.readback(area::await);
        return area.memory(0, bytes).asReadOnly();
    }

    @Override
    public void close() {
        device.readback(() -> {
            area.await();
            area.close();
        });
    }
}
