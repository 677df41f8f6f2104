package io.acuity.infer;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Fft;
import io.acuity.device.Gemm;
import io.acuity.device.Graph;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A device that does something before each launch: look whether the work is still wanted, or let shorter work go first. The
 * kernels of one window of a huge picture take minutes together, each of them a moment.
 */
final class Checkpoints implements Device {
    private final Device device;
    private Runnable before = () -> {};

    Checkpoints(Device device) {
        this.device = device;
    }

    /** Sets what is done before each launch from now on; what it throws ends the work. */
    void before(Runnable action) {
        before = action;
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        before.run();
        device.launch(kernel, grid, arguments);
    }

    @Override
    public void gemm(Gemm product) {
        before.run();
        device.gemm(product);
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public Buffer allocate(long bytes) {
        return device.allocate(bytes);
    }

    @Override
    public void release(Buffer buffer) {
        device.release(buffer);
    }

    @Override
    public void upload(MemorySegment from, Buffer to) {
        device.upload(from, to);
    }

    @Override
    public void download(Buffer from, MemorySegment to) {
        device.download(from, to);
    }

    @Override
    public void fill(Buffer buffer, int word) {
        device.fill(buffer, word);
    }

    @Override
    public void fft(Fft fft, Fft.Direction direction, Buffer from, Buffer to) {
        before.run();
        device.fft(fft, direction, from, to);
    }

    @Override
    public boolean has(Kernel kernel) {
        return device.has(kernel);
    }

    @Override
    public Graph capture(Runnable work) {
        return new Graph() {
            private final Graph graph = device.capture(work);

            @Override
            public void launch() {
                before.run();
                graph.launch();
            }

            @Override
            public void close() {
                graph.close();
            }
        };
    }

    @Override
    public void feed(Buffer to, Consumer<MemorySegment> writer) {
        device.feed(to, writer);
    }

    @Override
    public void synchronize() {
        device.synchronize();
    }

    @Override
    public String describe() {
        return device.describe();
    }

    @Override
    public void close() {
        // belongs to whoever opened it
    }
}
