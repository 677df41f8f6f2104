package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** y = residual + gate * x, one gate for each channel. */
public class ChannelGateBenchmark extends Timed {
    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Param({"forward", "backward_input", "backward_gate"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        long pixels = (long) s.h() * s.w();
        Buffer gate = on.noise((long) s.n() * s.c());
        Buffer x = on.features(s);
        Buffer y = on.features(s);
        Grid all = Grid.cover(on.stored(s));
        return switch (pass) {
            case "forward" -> on.kernel("channel_gate_forward", all, x, gate, y, y, s.n(), pixels, s.c());
            case "backward_input" -> on.kernel("channel_gate_backward_input", all, y, gate, x, s.n(), pixels, s.c(), 0);
            case "backward_gate" ->
                on.kernel(
                        "channel_gate_backward_gate",
                        Grid.cover(s.c(), 8L * s.n(), 1),
                        y,
                        x,
                        gate,
                        s.n(),
                        pixels,
                        s.c(),
                        0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.features(numbers(), Layer.shape(shape).elements(), pass.equals("forward") ? 3 : 2, 2);
    }
}
