package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** The layers of EDSR-S at x4: training patches of 48 x 48 and a picture of 320 x 180. */
public class Conv3x3Benchmark extends Timed {
    @Param({
        "16x64x48x48 to 64",
        "16x3x48x48 to 64",
        "16x64x48x48 to 256 shuffle 2",
        "1x64x180x320 to 64",
        "1x3x180x320 to 64",
        "1x64x180x320 to 256 shuffle 2"
    })
    public String layer = "16x64x48x48 to 64";

    @Param({"forward", "backward_input", "backward_weight"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Layer l = Layer.parse(layer);
        Shape s = l.x();
        int in = s.c();
        int out = l.out();
        Buffer weight = on.noise(9L * in * out);
        Buffer x = on.noise(l.inputs());
        Buffer y = on.noise(l.outputs());
        Buffer packed = on.room(Layer.packed(in, out));
        String pack = pass.equals("backward_input") ? "conv3x3_pack_backward" : "conv3x3_pack_forward";
        on.kernel(pack, Grid.cover((long) in * out), weight, packed, in, out, l.shuffle())
                .run();
        Grid pixels = Grid.cover(pass.equals("forward") ? out : in, s.w(), (long) s.n() * s.h());
        return switch (pass) {
            case "forward" ->
                on.kernel(
                        "conv3x3_forward",
                        pixels,
                        x,
                        packed,
                        on.noise(out),
                        null,
                        y,
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        l.shuffle(),
                        1,
                        1f);
            case "backward_input" ->
                on.kernel(
                        "conv3x3_backward_input",
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
                        "conv3x3_backward_weight",
                        Grid.cover(9L * in * out),
                        x,
                        y,
                        on.room(9L * in * out),
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
        return Layer.parse(layer).work(9);
    }
}
