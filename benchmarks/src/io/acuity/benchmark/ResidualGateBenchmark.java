package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** y = x + gamma * gate * x. */
public class ResidualGateBenchmark extends Timed {
    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Param({"forward", "backward_input", "backward_gate", "backward_gamma"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        long count = Layer.shape(shape).elements();
        Grid all = Grid.cover(count);
        Buffer x = on.noise(count);
        Buffer gate = on.noise(count);
        Buffer gamma = on.noise(1);
        Buffer y = on.noise(count);
        return switch (pass) {
            case "forward" -> on.kernel("residual_gate_forward", all, x, gate, gamma, y, count);
            case "backward_input" -> on.kernel("residual_gate_backward_input", all, x, gate, gamma, y, count, 0);
            case "backward_gate" -> on.kernel("residual_gate_backward_gate", all, x, gate, gamma, y, count, 0);
            case "backward_gamma" ->
                on.kernel("residual_gate_backward_gamma", Grid.cover(256L * 256), x, gate, y, on.room(256), count);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), 3, 3);
    }
}
