package io.acuity.optim;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.ParameterSet;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Exponential moving average of a parameter set, in a second set of the same parameters: ema = d * ema + (1 - d) * w. */
public final class Ema {
    private static final Kernel STEP = new Kernel("ema_step");

    private final ParameterSet source;
    private final ParameterSet average;
    private final double decay;
    private final Buffer now;

    /** Starts from what {@code average} holds. */
    public Ema(ParameterSet source, ParameterSet average, double decay) {
        if (source.flatElements() != average.flatElements()) {
            throw new IllegalArgumentException(
                    "ema: want " + source.flatElements() + " numbers, have " + average.flatElements());
        }
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("ema decay: want [0, 1), have " + decay);
        }
        this.source = source;
        this.average = average;
        this.decay = decay;
        now = average.own(Float.BYTES);
    }

    /** One update; the first ones follow the source faster, by decay min(d, (1 + step) / (10 + step)). */
    public void step(long step) {
        step(() -> step, null);
    }

    /**
     * The same where a graph is captured, and unless the step is refused.
     *
     * @param step asked for at each replay
     * @param finding one int32 on the device, as of {@link StepWatch#finding}; if it is not 0, the average stays as it is
     */
    public void step(LongSupplier step, @Nullable Buffer finding) {
        update(
                () -> {
                    long n = step.getAsLong();
                    return Math.min(decay, (1.0 + n) / (10.0 + n));
                },
                finding);
    }

    /** Makes the average equal to the source. */
    public void reset() {
        update(() -> 0, null);
    }

    private void update(DoubleSupplier d, @Nullable Buffer finding) {
        Device device = source.device();
        Buffer to = average.values();
        long count = source.flatElements();
        device.feed(now, memory -> memory.set(JAVA_FLOAT, 0, (float) d.getAsDouble()));
        device.launch(STEP, Grid.cover(count), to, source.values(), now, finding, count);
        average.changed();
    }
}
