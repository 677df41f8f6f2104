package io.acuity.device.cuda;

import io.acuity.device.Graph;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import jcuda.driver.JCudaDriver;

/**
 * A captured graph that the driver launches in one call, and its feeds. Their bytes go through two alternating areas of pinned memory,
 * so that the host writes a step's data while the GPU still runs the step before.
 */
final class CudaGraph implements Graph {
    /** Where a feed's bytes lie in an area; copies of pinned memory are fastest from whole cache lines. */
    private static final long ALIGNMENT = 256;

    /** A writer and the device memory that its bytes are for. */
    record Feed(long to, long bytes, Consumer<MemorySegment> writer) {}

    private final CudaDevice device;
    private final CudaContext cuda;
    private final Handles.Executable executable;
    private final List<Feed> feeds;
    private final List<Pinned> areas;
    private int turn;
    private boolean closed;

    CudaGraph(CudaDevice device, CudaContext cuda, Handles.Executable executable, List<Feed> feeds) {
        this.device = device;
        this.cuda = cuda;
        this.executable = executable;
        this.feeds = List.copyOf(feeds);
        long bytes = feeds.stream().mapToLong(feed -> aligned(feed.bytes())).sum();
        areas = bytes == 0 ? List.of() : List.of(new Pinned(cuda, bytes), new Pinned(cuda, bytes));
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    @Override
    public void launch(Runnable before) {
        before.run(); // not within the device's lock, as it may be long
        device.replay(this);
    }

    boolean isClosed() {
        return closed;
    }

    /** Called by the device, which lets no other thread in. */
    void start() {
        if (!areas.isEmpty()) {
            feed();
        }
        cuda.driver().launchGraph(executable.address(), cuda.stream());
    }

    private void feed() {
        turn ^= 1;
        Pinned area = areas.get(turn);
        area.await();
        long at = 0;
        for (Feed feed : feeds) {
            feed.writer().accept(area.memory(at, feed.bytes()));
            at += aligned(feed.bytes());
        }
        at = 0;
        for (Feed feed : feeds) {
            cuda.driver().copyToDevice(feed.to(), area.address() + at, feed.bytes(), cuda.stream());
            at += aligned(feed.bytes());
        }
        area.mark();
    }

    @Override
    public void close() {
        device.discard(this);
    }

    /** Called by the device after all work has ended. */
    void destroy() {
        if (!closed) {
            closed = true;
            JCudaDriver.cuGraphExecDestroy(executable);
            areas.forEach(Pinned::close);
        }
    }
}
