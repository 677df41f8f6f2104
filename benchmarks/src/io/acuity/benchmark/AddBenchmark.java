package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** y = a + b. */
public class AddBenchmark extends Timed {
    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        long count = Layer.shape(shape).elements();
        Buffer x = on.noise(count);
        Buffer y = on.noise(count);
        return switch (pass) {
            case "forward" -> on.kernel("add_forward", Grid.cover(count), x, y, on.room(count), count);
            case "backward" -> on.kernel("add_backward", Grid.cover(count), x, y, count, 1);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), 3, 1);
    }
}
