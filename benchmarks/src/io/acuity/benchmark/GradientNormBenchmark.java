package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** Norm of the gradients of EDSR-S x4, as after every step. */
public class GradientNormBenchmark extends Timed {
    @Param("1517571")
    public long count = 1_517_571;

    @Override
    protected Runnable prepare(Bench on) {
        Buffer x = on.noise(count);
        Buffer partial = on.room(256);
        Runnable parts = on.kernel("gradient_norm_parts", Grid.cover(256L * 256), x, partial, count);
        Runnable reduce = on.kernel("gradient_norm_reduce", Grid.cover(1), partial, on.room(1), 256);
        return () -> {
            parts.run();
            reduce.run();
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(count, 1, 2);
    }
}
