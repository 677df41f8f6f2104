package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** A constant added to each colour. */
public class MeanShiftBenchmark extends Timed {
    @Param({"16x3x192x192", "1x3x720x1280"})
    public String shape = "16x3x192x192";

    @Override
    protected Runnable prepare(Bench on) {
        long pixels = Layer.shape(shape).pixels();
        Buffer x = on.noise(3 * pixels);
        return on.kernel("mean_shift_forward", Grid.cover(pixels), x, on.room(3 * pixels), 0.1f, 0.2f, 0.3f, pixels);
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), 2, 1);
    }
}
