package io.acuity.optim;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.ParameterSet;

/** Exponential moving average of a parameter set, in a second set of the same parameters: ema = d * ema + (1 - d) * w. */
public final class Ema {
    private static final Kernel STEP = new Kernel("ema_step");

    private final ParameterSet source;
    private final ParameterSet average;
    private final double decay;

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
    }

    /** One update; the first ones follow the source faster, by decay min(d, (1 + step) / (10 + step)). */
    public void step(long step) {
        float d = (float) Math.min(decay, (1.0 + step) / (10.0 + step));
        update(d);
    }

    /** Makes the average equal to the source. */
    public void reset() {
        update(0f);
    }

    private void update(float d) {
        Device device = source.device();
        Buffer to = average.values();
        long count = source.flatElements();
        device.launch(STEP, Grid.cover(count), to, source.values(), d, count);
        average.changed();
    }
}
