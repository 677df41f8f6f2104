package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Param;

/** One update of a moving average of EDSR-S and EDSR-L at x4. */
public class EmaBenchmark extends Timed {
    @Param({"1517571", "43089923"})
    public long parameters = 1517571;

    @Override
    protected Runnable prepare(Bench on) {
        Buffer average = on.noise(parameters);
        Buffer decay = on.upload(MemorySegment.ofArray(new float[] {0.999f}));
        return on.kernel("ema_step", Grid.cover(parameters), average, on.noise(parameters), decay, null, parameters);
    }

    @Override
    public Work work() {
        return Work.elementwise(parameters, 3, 3);
    }
}
