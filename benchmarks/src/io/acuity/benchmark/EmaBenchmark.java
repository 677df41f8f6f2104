package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** One update of a moving average of EDSR-S and EDSR-L at x4. */
public class EmaBenchmark extends Timed {
    @Param({"1517571", "43089923"})
    public long parameters = 1517571;

    @Override
    protected Runnable prepare(Bench on) {
        Buffer average = on.noise(parameters);
        return on.kernel("ema_step", Grid.cover(parameters), average, on.noise(parameters), 0.999f, parameters);
    }

    @Override
    public Work work() {
        return Work.elementwise(parameters, 3, 3);
    }
}
