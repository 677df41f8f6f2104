package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** Mean absolute difference over a batch of patches. */
public class L1LossBenchmark extends Timed {
    @Param({"16x3x192x192"})
    public String shape = "16x3x192x192";

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        long count = Layer.shape(shape).elements();
        Buffer a = on.noise(count);
        Buffer b = on.noise(count);
        return switch (pass) {
            case "forward" -> {
                Buffer partial = on.room(256);
                Runnable sum = on.kernel("l1_loss_forward", Grid.cover(256L * 256), a, b, partial, count);
                Runnable reduce = on.kernel("l1_loss_reduce", Grid.cover(1), partial, on.room(1), 256, 1f / count);
                yield () -> {
                    sum.run();
                    reduce.run();
                };
            }
            case "backward" ->
                on.kernel(
                        "l1_loss_backward", Grid.cover(count), a, b, on.noise(1), on.room(count), 1f / count, count, 0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), pass.equals("forward") ? 2 : 3, 3);
    }
}
