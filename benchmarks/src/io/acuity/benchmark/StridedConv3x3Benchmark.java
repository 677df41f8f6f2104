package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** The strided layers of the embedding network, for two sets of 16 patches of 192 x 192. */
public class StridedConv3x3Benchmark extends Timed {
    @Param({"32x64x96x96 to 64", "32x128x48x48 to 128", "32x256x24x24 to 256", "32x512x12x12 to 512"})
    public String layer = "32x64x96x96 to 64";

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
        Buffer y = on.noise(outputs());
        Buffer packed = on.room(49L * ((in + 15) / 16 * 16L) * ((out + 15) / 16 * 16L));
        String pack = pass.equals("backward_input") ? "strided_conv3x3_pack_backward" : "strided_conv3x3_pack_forward";
        on.kernel(pack, Grid.cover((long) in * out), weight, packed, in, out).run();
        int rows = (s.h() + 1) / 2;
        int columns = (s.w() + 1) / 2;
        return switch (pass) {
            case "forward" ->
                on.kernel(
                        "strided_conv3x3_forward",
                        Grid.cover(out, columns, (long) s.n() * rows),
                        x,
                        packed,
                        y,
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out);
            case "backward_input" ->
                on.kernel(
                        "strided_conv3x3_backward_input",
                        Grid.cover(in, s.w(), (long) s.n() * s.h()),
                        y,
                        packed,
                        on.room(l.inputs()),
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        0);
            case "backward_weight" ->
                on.kernel(
                        "strided_conv3x3_backward_weight",
                        Grid.cover(9L * in * out),
                        x,
                        y,
                        on.room(9L * in * out),
                        s.n(),
                        s.h(),
                        s.w(),
                        in,
                        out,
                        0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    private long outputs() {
        Layer l = Layer.parse(layer);
        Shape s = l.x();
        return (long) s.n() * ((s.h() + 1) / 2) * ((s.w() + 1) / 2) * l.out();
    }

    @Override
    public Work work() {
        Layer l = Layer.parse(layer);
        double bytes = 4.0 * (l.inputs() + outputs() + 9.0 * l.x().c() * l.out());
        return new Work(18.0 * outputs() * l.x().c(), bytes);
    }
}
