package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** A rectangle cut out of an image: the whole but for a frame of 8 pixels. */
public class RegionBenchmark extends Timed {
    @Param({"1x64x180x320", "1x3x720x1280"})
    public String shape = "1x64x180x320";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        int h = s.h() - 16;
        int w = s.w() - 16;
        long count = (long) s.n() * s.c() * h * w;
        Buffer x = on.noise(s.elements());
        return on.kernel(
                "region_copy",
                Grid.cover(count),
                x,
                on.room(count),
                s.n(),
                s.c(),
                s.h(),
                s.w(),
                h,
                w,
                8,
                8,
                0,
                0,
                h,
                w,
                0);
    }

    @Override
    public Work work() {
        Shape s = Layer.shape(shape);
        return Work.elementwise((long) s.n() * s.c() * (s.h() - 16) * (s.w() - 16), 2, 0);
    }
}
