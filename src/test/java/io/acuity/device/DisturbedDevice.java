package io.acuity.device;

import java.lang.foreign.MemorySegment;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/** A device that spoils the first number of the results of chosen launches of one kernel, as a bad batch or a fault would. */
public final class DisturbedDevice extends ForwardingDevice {
    private final String kernel;
    private final int result;
    private final LongToIntFunction spoilt;
    private long launches;

    /**
     * Spoils {@code kernel}.
     *
     * @param result which argument its result is
     * @param spoilt from the number of the launch, counted from 0: the bits to write, or 0 to leave it alone
     */
    public DisturbedDevice(Device inner, String kernel, int result, LongToIntFunction spoilt) {
        super(inner);
        this.kernel = kernel;
        this.result = result;
        this.spoilt = spoilt;
    }

    /** Work that is done anew each time, so that each of its launches can be spoilt by itself. */
    @Override
    public Graph capture(Runnable work) {
        return new Graph() {
            @Override
            public void launch(Runnable before) {
                before.run();
                work.run();
            }

            @Override
            public void close() {
                // nothing is kept
            }
        };
    }

    @Override
    public void launch(Kernel launched, Grid grid, @Nullable Object... arguments) {
        super.launch(launched, grid, arguments);
        if (launched.name().equals(kernel) && arguments[result] instanceof Buffer buffer) {
            int bits = spoilt.applyAsInt(launches++);
            if (bits != 0) {
                upload(MemorySegment.ofArray(new int[] {bits}), buffer);
            }
        }
    }
}
