package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** EDSR-S's collapsed tails: training patches of 48 x 48 and a picture of 320 x 180. */
public class Conv5x5Benchmark extends Timed {
    @Param({"16x64x48x48 to 48 shuffle 4", "1x64x180x320 to 48 shuffle 4", "1x64x180x320 to 12 shuffle 2"})
    public String layer = "16x64x48x48 to 48 shuffle 4";

    @Param({"forward", "backward_input", "backward_weight"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Layer l = Layer.parse(layer);
        Shape s = l.x();
        int in = s.c();
        int out = l.out();
        Buffer weight = on.noise(25L * in * out);
        Buffer x = on.noise(l.inputs());
        Buffer y = on.noise(l.outputs());
        Buffer packed = on.room(Layer.packed(in, out));
        String pack = pass.equals("backward_input") ? "conv5x5_pack_backward" : "conv5x5_pack_forward";
        on.kernel(pack, Grid.cover((long) in * out), weight, packed, in, out, l.shuffle())
                .run();
        Grid pixels = Grid.cover(pass.equals("forward") ? out : in, s.w(), (long) s.n() * s.h());
        return switch (pass) {
            case "forward" ->
                on.kernel(
                        "conv5x5_forward",
                        pixels,
                        x,
                        packed,
                        on.noise(out),
                        y,
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        l.shuffle());
            case "backward_input" ->
                on.kernel(
                        "conv5x5_backward_input",
                        pixels,
                        y,
                        packed,
                        x,
                        on.room(l.inputs()),
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        l.shuffle(),
                        1f,
                        0);
            case "backward_weight" ->
                on.kernel(
                        "conv5x5_backward_weight",
                        Grid.cover(25L * in * out),
                        x,
                        y,
                        on.room(25L * in * out),
                        on.room(out),
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        l.shuffle(),
                        1f,
                        0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Layer.parse(layer).work(25);
    }
}
