package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** The logistic function: gates of one layer, and a map as layer attention makes. */
public class SigmoidBenchmark extends Timed {
    @Param({"16x64x1x1", "1x64x180x320"})
    public String shape = "16x64x1x1";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        long count = Layer.shape(shape).elements();
        Buffer x = on.noise(count);
        Buffer y = on.noise(count);
        return switch (pass) {
            case "forward" -> on.kernel("sigmoid_forward", Grid.cover(count), x, y, count);
            case "backward" -> on.kernel("sigmoid_backward", Grid.cover(count), x, y, on.room(count), count, 0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), pass.equals("forward") ? 2 : 3, 4);
    }
}
