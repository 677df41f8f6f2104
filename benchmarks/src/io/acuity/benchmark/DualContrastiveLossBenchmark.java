package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** The discriminator's loss over the patches of a batch of 16: with SR and HR alone, or with four sets of each side. */
public class DualContrastiveLossBenchmark extends Timed {
    @Param({"256", "1024"})
    public int count = 256;

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Buffer real = on.noise(count);
        Buffer fake = on.noise(count);
        Buffer terms = on.room(4);
        Runnable forward =
                on.kernel("dual_contrastive_loss_forward", Grid.cover(1), real, fake, on.room(1), terms, count, count);
        Runnable backward = on.kernel(
                "dual_contrastive_loss_backward",
                Grid.cover(count),
                real,
                terms,
                on.noise(1),
                on.room(count),
                count,
                0,
                0);
        forward.run();
        return switch (pass) {
            case "forward" -> forward;
            case "backward" -> backward;
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(count, 2, 20);
    }
}
