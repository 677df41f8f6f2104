package io.acuity.device.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Copies between host and device by way of two alternating areas of pinned memory: while the GPU copies one, the CPU fills or empties
 * the other. An area is written again only after its last copy has ended.
 */
final class Staging {
    /** Bytes of an area; large enough that a copy takes longer than asking for it. */
    static final long AREA = 4 << 20;

    private final CudaContext cuda;
    private final @Nullable Pinned[] areas = new Pinned[2];
    private int turn;

    Staging(CudaContext cuda) {
        this.cuda = cuda;
    }

    private Pinned next() {
        turn ^= 1;
        Pinned area = areas[turn];
        if (area == null) {
            area = new Pinned(cuda, AREA);
            areas[turn] = area;
        }
        return area;
    }

    /** Copies to the device; {@code from} may be changed after the call, though the GPU may not have its bytes yet. */
    void upload(MemorySegment from, long to) {
        for (long at = 0; at < from.byteSize(); at += AREA) {
            long bytes = Math.min(AREA, from.byteSize() - at);
            Pinned area = next();
            area.await();
            MemorySegment.copy(from, at, area.memory(0, bytes), 0, bytes);
            send(area, to + at, bytes);
        }
    }

    private void send(Pinned area, long to, long bytes) {
        cuda.driver().copyToDevice(to, area.address(), bytes, cuda.stream());
        area.mark();
    }

    /** Copies to the host after all earlier work. */
    void download(long from, MemorySegment to) {
        Pinned area = null;
        long start = 0;
        for (long at = 0; at < to.byteSize(); at += AREA) {
            Pinned following = next();
            // no need to wait: a copy to the device from this area lies earlier on the same stream
            cuda.driver().copyToHost(following.address(), from + at, Math.min(AREA, to.byteSize() - at), cuda.stream());
            following.mark();
            if (area != null) {
                receive(area, to.asSlice(start, AREA));
            }
            area = following;
            start = at;
        }
        if (area != null) {
            receive(area, to.asSlice(start));
        }
    }

    private static void receive(Pinned area, MemorySegment to) {
        area.await();
        MemorySegment.copy(area.memory(0, to.byteSize()), 0, to, 0, to.byteSize());
    }

    /** Lets {@code writer} write bytes for the device, into pinned memory if they are few enough. */
    void feed(Consumer<MemorySegment> writer, long to, long bytes) {
        if (bytes > AREA) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = arena.allocate(bytes, 64);
                writer.accept(memory);
                upload(memory, to);
            }
            return;
        }
        Pinned area = next();
        area.await();
        writer.accept(area.memory(0, bytes));
        if (bytes > 0) {
            send(area, to, bytes);
        }
    }

    void close() {
        for (int i = 0; i < areas.length; i++) {
            Pinned area = areas[i];
            if (area != null) {
                area.close();
                areas[i] = null;
            }
        }
    }
}
