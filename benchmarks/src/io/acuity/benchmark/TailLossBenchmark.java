package io.acuity.benchmark;

import io.acuity.device.Precision;
import io.acuity.op.GradientNorm;
import io.acuity.op.PixelLoss;
import io.acuity.op.TailLoss;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;
import java.util.Set;
import org.openjdk.jmh.annotations.Param;

/**
 * A collapsed tail whose picture is compared with its target where it is formed, in bf16 on a GPU: EDSR-S x4 at batch 16. What it
 * stands for are {@link HalfConvolutionBenchmark}'s forward pass of the same layer and then {@link MeanShiftBenchmark}, {@link
 * L1LossBenchmark}, {@link GradientNormBenchmark} and {@link RegionBenchmark}. Devices without the form refuse.
 */
public class TailLossBenchmark extends HalfTimed {
    @Param("16x64x48x48 to 48 shuffle 4")
    public String layer = "16x64x48x48 to 48 shuffle 4";

    /** {@code forward}: product, ring and sums; {@code picture}: the same with the picture written; {@code backward}: of the ring. */
    @Param({"forward", "picture", "backward"})
    public String pass = "forward";

    @Override
    protected Runnable prepare(Bench on) {
        Set<String> kernels = switch (pass) {
            case "forward", "picture" -> Set.of("conv5x5_forward_loss", "tail_ring_loss", "tail_loss_reduce");
            case "backward" -> Set.of("tail_ring_backward");
            default -> throw new IllegalArgumentException("pass: want forward, picture or backward, have " + pass);
        };
        Layer l = Layer.parse(layer);
        Shape s = l.x();
        int r = l.shuffle();
        RecordedLaunches device = new RecordedLaunches(on);
        Tape tape = on.hold(Tape.recording(device));
        ParameterSet set = on.hold(new ParameterSet());
        Parameter weight = set.declare("w", List.of(l.out(), s.c(), 5, 5), new float[l.out() * s.c() * 25]);
        Parameter bias = set.declare("b", List.of(l.out()), new float[l.out()]);
        set.allocate(device);
        Tensor target = noise(on, new Shape(s.n(), 3, s.h() * r, s.w() * r));
        PixelLoss loss = new PixelLoss(target, 1f, on.hold(GradientNorm.on(device)), pass.equals("picture"));
        Shape flat = new Shape(s.n(), 3, 3 * r, s.w() * r);
        Shape upright = new Shape(s.n(), 3, s.h() * r, 3 * r);
        TailLoss.Strips strips =
                new TailLoss.Strips(noise(on, flat), noise(on, flat), noise(on, upright), noise(on, upright));
        TailLoss.Colours colours = new TailLoss.Colours(1f, 0.4488f, 0.4371f, 0.404f);
        Tensor x = Tensor.leaf(s, on.features(s));
        PixelLoss.Result result = TailLoss.apply(tape, x, weight, bias, r, colours, loss, () -> strips);
        if (pass.equals("backward")) {
            tape.backward(result.weighted());
        }
        return device.again(kernels);
    }

    private static Tensor noise(Bench on, Shape shape) {
        return Tensor.leaf(shape, on.noise(shape.elements()));
    }

    /** Features, weights, target, gradient and picture moved once; backward the ring, twice, and the strips. */
    @Override
    public Work work() {
        Layer l = Layer.parse(layer);
        Shape s = l.x();
        if (pass.equals("backward")) {
            double pixel = 12.0 * s.n() * l.shuffle() * l.shuffle();
            return new Work(0, pixel * (2 * (2 * (s.h() + s.w()) - 4) + 6 * (s.h() + s.w())));
        }
        Work product = new ConvolutionLayer("conv5x5", l).work(Precision.BF16, "forward"); // writes one picture
        return new Work(product.flops(), product.bytes() + (pass.equals("picture") ? 2 : 1) * 4.0 * l.outputs());
    }
}
