package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** The parts of a weight gradient of 64 to 64 channels, 3x3. */
public class SumPartsBenchmark extends Timed {
    @Param("36864")
    public long count = 36_864;

    @Param("64")
    public int parts = 64;

    @Override
    protected Runnable prepare(Bench on) {
        Buffer partial = on.noise(count * parts);
        return on.kernel("sum_parts", Grid.cover(count), partial, on.room(count), null, count, 0, parts, 1f, 0);
    }

    @Override
    public Work work() {
        return Work.elementwise(count, parts + 1, parts);
    }
}
