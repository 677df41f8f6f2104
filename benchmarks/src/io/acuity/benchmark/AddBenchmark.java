package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** y = a + b. */
public class AddBenchmark extends Timed {
    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        long count = on.stored(s);
        Buffer x = on.features(s);
        Buffer y = on.features(s);
        return switch (pass) {
            case "forward" -> on.kernel("add_forward", Grid.cover(count), x, y, on.features(s), count);
            case "backward" -> on.kernel("add_backward", Grid.cover(count), x, y, count, 1);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.features(numbers(), Layer.shape(shape).elements(), 3, 1);
    }
}
