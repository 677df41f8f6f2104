package io.acuity.benchmark;

import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** The look at the results of a pass in bf16: 32768 LR pixels, upscaled by 4. */
public class FiniteCheckBenchmark extends Timed {
    @Param("1572864")
    public long count = 1_572_864;

    @Override
    protected Runnable prepare(Bench on) {
        return on.kernel("finite_check", Grid.cover(count, 1, 1), on.noise(count), on.room(1), count, 1);
    }

    @Override
    public Work work() {
        return Work.elementwise(count, 1, 1);
    }
}
