package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** 1x1 convolutions: channel mixing at full size, and channel attention after pooling. */
public class Conv1x1Benchmark extends Timed {
    @Param({"16x64x48x48 to 64", "16x256x48x48 to 64", "16x64x1x1 to 4"})
    public String layer = "16x64x48x48 to 64";

    @Param({"forward", "backward_input", "backward_weight"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Layer l = Layer.parse(layer);
        Shape s = l.x();
        int in = s.c();
        int out = l.out();
        long weights = (long) in * out;
        Buffer x = on.noise(l.inputs());
        Buffer y = on.noise(l.outputs());
        Buffer weight = on.noise(weights);
        return switch (pass) {
            case "forward" ->
                on.kernel(
                        "conv1x1_forward",
                        Grid.cover(l.outputs()),
                        x,
                        weight,
                        on.noise(out),
                        y,
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out);
            case "backward_input" ->
                on.kernel(
                        "conv1x1_backward_input",
                        Grid.cover(l.inputs()),
                        y,
                        weight,
                        x,
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        0);
            case "backward_weight" ->
                on.kernel(
                        "conv1x1_backward_weight",
                        Grid.cover(weights),
                        x,
                        y,
                        weight,
                        on.room(out),
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Layer.parse(layer).work(1);
    }
}
