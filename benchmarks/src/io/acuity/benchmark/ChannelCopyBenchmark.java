package io.acuity.benchmark;

import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** One layer's channels into a stack of eleven. */
public class ChannelCopyBenchmark extends Timed {
    private static final int LAYERS = 11;

    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        int c = s.c();
        return on.kernel(
                "channel_copy",
                Grid.cover(s.elements()),
                on.noise(s.elements()),
                on.room(s.elements() * LAYERS),
                s.n(),
                (long) s.h() * s.w(),
                c,
                0,
                c * LAYERS,
                c,
                c,
                0);
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), 2, 0);
    }
}
