package io.acuity.benchmark;

import io.acuity.device.Precision;

/** What is of use in bf16 alone. */
public abstract class HalfTimed extends Timed {
    @Override
    protected final Precision numbers() {
        return Precision.BF16;
    }
}
