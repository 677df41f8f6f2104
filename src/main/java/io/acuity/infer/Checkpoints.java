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
    private boolean capturing;

    Checkpoints(Device device) {
        super(device);
    }

    /** Sets what is done before each launch from now on; what it throws ends the work. */
    void before(Runnable action) {
        before = action;
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        look();
        super.launch(kernel, grid, arguments);
    }

    @Override
    public void gemm(Gemm product) {
        look();
        super.gemm(product);
    }

    @Override
    public void fft(Fft fft, Fft.Direction direction, Buffer from, Buffer to) {
        look();
        super.fft(fft, direction, from, to);
    }

    /** Captures with nothing done in between, for that must not become part of the graph; its launches are looked at. */
    @Override
    public Graph capture(Runnable work) {
        capturing = true;
        try {
            Graph graph = super.capture(work);
            return new Graph() {
                @Override
                public void launch(Runnable more) {
                    graph.launch(() -> {
                        look();
                        more.run();
                    });
                }

                @Override
                public void close() {
                    graph.close();
                }
            };
        } finally {
            capturing = false;
        }
    }

    private void look() {
        if (!capturing) {
            before.run();
        }
    }

    @Override
    public void close() {
        // belongs to whoever opened it
    }
}
