package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** Reads the collapsed tail of EDSR-S off its responses. */
public class TailGatherBenchmark extends Timed {
    @Param({"2", "3", "4"})
    public int scale = 4;

    @Param({"forward", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        int features = 64;
        long outputs = 3L * scale * scale;
        Buffer responses = on.noise((features + 1) * outputs * 49);
        Buffer weight = on.noise(outputs * features * 25);
        Buffer bias = on.noise(outputs);
        return switch (pass) {
            case "forward" ->
                on.kernel(
                        "tail_gather_forward",
                        Grid.cover(outputs * features * 25),
                        responses,
                        weight,
                        bias,
                        features,
                        scale);
            case "backward" ->
                on.kernel("tail_gather_backward", Grid.cover(outputs * 25), weight, bias, responses, features, scale);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(3L * scale * scale * 64 * 25, 2, 1);
    }
}
