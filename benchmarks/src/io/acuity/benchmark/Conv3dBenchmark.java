package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** One 3x3x3 filter over a volume of channels. */
public class Conv3dBenchmark extends Timed {
    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Param({"forward", "backward_input", "backward_weight"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        Buffer x = on.noise(s.elements());
        Buffer y = on.noise(s.elements());
        Buffer weight = on.noise(27);
        Buffer bias = on.noise(1);
        Grid all = Grid.cover(s.elements());
        return switch (pass) {
            case "forward" -> on.kernel("conv3d_forward", all, x, weight, bias, y, s.n(), s.h(), s.w(), s.c());
            case "backward_input" ->
                on.kernel("conv3d_backward_input", all, x, weight, y, s.n(), s.h(), s.w(), s.c(), 0);
            case "backward_weight" ->
                on.kernel(
                        "conv3d_backward_weight",
                        Grid.cover(256L * 28),
                        x,
                        y,
                        weight,
                        bias,
                        s.n(),
                        s.h(),
                        s.w(),
                        s.c(),
                        0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), 2, 54);
    }
}
