package io.acuity.device;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A device that notes the kernels of the work that was captured or noted last. */
public final class CapturedLaunches extends ForwardingDevice {
    private final List<String> kernels = new ArrayList<>();
    private boolean capturing;

    public CapturedLaunches(Device inner) {
        super(inner);
    }

    /** Their names, in order. */
    public List<String> kernels() {
        return List.copyOf(kernels);
    }

    /** Notes those of work that is done. */
    public void note(Runnable work) {
        kernels.clear();
        capturing = true;
        work.run();
        capturing = false;
    }

    @Override
    public Graph capture(Runnable work) {
        kernels.clear();
        capturing = true;
        try {
            return super.capture(work);
        } finally {
            capturing = false;
        }
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        if (capturing) {
            kernels.add(kernel.name());
        }
        super.launch(kernel, grid, arguments);
    }
}
