package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/** Products between eleven layers, and their mixture. */
public class LayerAttentionBenchmark extends Timed {
    private static final int LAYERS = 11;

    @Param({"16x704x48x48", "1x704x180x320"})
    public String shape = "16x704x48x48";

    @Param({"gram", "mix"})
    public String pass = "gram";

    @Override
    protected Runnable prepare(Bench on) {
        Shape s = Layer.shape(shape);
        long pixels = (long) s.h() * s.w();
        long entries = (long) s.n() * LAYERS * LAYERS;
        int features = s.c() / LAYERS;
        Buffer x = on.noise(s.elements());
        Buffer square = on.noise(entries);
        return switch (pass) {
            case "gram" ->
                on.kernel(
                        "layer_attention_gram",
                        Grid.cover(256 * entries),
                        x,
                        x,
                        square,
                        s.n(),
                        pixels,
                        LAYERS,
                        features);
            case "mix" ->
                on.kernel(
                        "layer_attention_mix",
                        Grid.cover(s.elements()),
                        square,
                        x,
                        on.room(s.elements()),
                        s.n(),
                        pixels,
                        LAYERS,
                        features,
                        0,
                        0);
            default -> throw new IllegalArgumentException("pass: have " + pass);
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(Layer.shape(shape).elements(), pass.equals("gram") ? 1 : 2, 2 * LAYERS);
    }
}
