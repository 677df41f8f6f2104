package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Param;

/** One optimizer step over EDSR-S and EDSR-L at x4. */
public class AdamBenchmark extends Timed {
    @Param({"1517571", "43089923"})
    public long parameters = 1517571;

    @Override
    protected Runnable prepare(Bench on) {
        Buffer settings =
                on.upload(MemorySegment.ofArray(new float[] {1e-4f, 0.9f, 0.999f, 1e-8f, 0.1f, 0.001f, 0f, 0f}));
        Buffer second = on.room(parameters);
        on.device().fill(second, 0);
        return on.kernel(
                "adam_step",
                Grid.cover(parameters),
                on.noise(parameters),
                on.noise(parameters),
                on.noise(parameters),
                second,
                settings,
                null,
                parameters);
    }

    @Override
    public Work work() {
        return Work.elementwise(parameters, 7, 15);
    }
}
