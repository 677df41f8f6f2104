package io.acuity.device;

import org.jspecify.annotations.Nullable;

/** A device that counts what is asked of it. */
public final class CountingDevice extends ForwardingDevice {
    private int allocations;
    private int launches;
    private int captures;
    private int replays;
    private int open;

    public CountingDevice(Device inner) {
        super(inner);
    }

    /** Buffers handed out. */
    public int allocations() {
        return allocations;
    }

    /** Kernels launched or captured. */
    public int launches() {
        return launches;
    }

    /** Graphs captured. */
    public int captures() {
        return captures;
    }

    /** Graphs launched. */
    public int replays() {
        return replays;
    }

    /** Graphs captured and not closed. */
    public int open() {
        return open;
    }

    @Override
    public Buffer allocate(long bytes) {
        allocations++;
        return super.allocate(bytes);
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        launches++;
        super.launch(kernel, grid, arguments);
    }

    @Override
    public Graph capture(Runnable work) {
        captures++;
        open++;
        Graph graph = super.capture(work);
        return new Graph() {
            @Override
            public void launch(Runnable before) {
                replays++;
                graph.launch(before);
            }

            @Override
            public void close() {
                open--;
                graph.close();
            }
        };
    }
}
