package io.acuity.infer;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Fft;
import io.acuity.device.ForwardingDevice;
import io.acuity.device.Gemm;
import io.acuity.device.Graph;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import org.jspecify.annotations.Nullable;

/**
 * A device that does something before each launch: look whether the work is still wanted, or let shorter work go first. The
 * kernels of one window of a huge picture take minutes together, each of them a moment.
 */
final class Checkpoints extends ForwardingDevice {
    private Runnable before = () -> {};

    Checkpoints(Device device) {
        super(device);
    }

    /** Sets what is done before each launch from now on; what it throws ends the work. */
    void before(Runnable action) {
        before = action;
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        before.run();
        super.launch(kernel, grid, arguments);
    }

    @Override
    public void gemm(Gemm product) {
        before.run();
        super.gemm(product);
    }

    @Override
    public void fft(Fft fft, Fft.Direction direction, Buffer from, Buffer to) {
        before.run();
        super.fft(fft, direction, from, to);
    }

    @Override
    public Graph capture(Runnable work) {
        Graph graph = super.capture(work);
        return new Graph() {
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
    public void close() {
        // belongs to whoever opened it
    }
}
