package io.acuity.benchmark;

import io.acuity.op.Conv3x3;
import io.acuity.op.SqueezeExcitation;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;
import java.util.Set;
import org.openjdk.jmh.annotations.Param;

/**
 * Channel attention in bf16 between two convolutions, kernel by kernel: {@code sums} is the convolution before, which leaves sums of its
 * result, {@code product} the one behind, which leaves those of its input's gradient times that result.
 */
public class SqueezeExcitationBenchmark extends HalfTimed {
    private static final int REDUCTION = 16;
    private static final String SUMS = "conv3x3_forward_sums";
    private static final String PRODUCT = "conv3x3_backward_input_product";

    @Param({"16x64x48x48", "1x64x180x320"})
    public String shape = "16x64x48x48";

    @Param({"sums", "product", "forward", "backward", "backward_weight", "backward_mean"})
    public String pass = "forward";

    private static int few(Shape s) {
        return Math.max(1, s.c() / REDUCTION);
    }

    private static Parameter declare(ParameterSet set, Integer... sizes) {
        List<Integer> list = List.of(sizes);
        int count = list.stream().reduce(1, Math::multiplyExact);
        float bound = (float) Math.sqrt((double) list.getFirst() / count); // so that results stay of the inputs' size
        return set.declare("p" + set.byName().size(), list, Random.of(7, count).later(count, bound));
    }

    @Override
    protected Runnable prepare(Bench on) {
        RecordedLaunches device = new RecordedLaunches(on);
        Tape tape = on.hold(Tape.recording(device));
        Shape s = Layer.shape(shape);
        int c = s.c();
        ParameterSet set = on.hold(new ParameterSet());
        Parameter weight = declare(set, c, c, 3, 3);
        Parameter bias = declare(set, c);
        SqueezeExcitation.Weights weights = new SqueezeExcitation.Weights(
                declare(set, few(s), c, 1, 1), declare(set, few(s)), declare(set, c, few(s), 1, 1), declare(set, c));
        Parameter behind = declare(set, c, c, 3, 3);
        set.allocate(device);
        Conv3x3.Summed r = Conv3x3.summed(tape, Tensor.leaf(s, on.features(s)), weight, bias);
        Tensor y = SqueezeExcitation.apply(tape, r, Tensor.of(s, on.features(s)), false, weights);
        Tensor z = Conv3x3.apply(tape, y, behind, null, Conv3x3.Epilogue.NONE);
        tape.backward(z, z.data());
        // memory of sums has other numbers since, by which a reader would count tiles
        device.again(Set.of(pass.equals("forward") ? SUMS : PRODUCT)).run();
        return device.again(Set.of(
                switch (pass) {
                    case "sums" -> SUMS;
                    case "product" -> PRODUCT;
                    case "backward_mean" -> "channel_gate_backward_mean";
                    default -> "squeeze_excitation_" + pass;
                }));
    }

    /** A convolution's is that without sums, and what it is multiplied with; who reads sums reads a row of them for each 128 pixels. */
    @Override
    public Work work() {
        Shape s = Layer.shape(shape);
        Work convolution =
                ConvolutionLayer.parse("conv3x3 " + shape + " to " + s.c()).work(numbers(), "forward");
        double gates = (double) s.n() * s.c();
        double parameters = 2.0 * s.c() * few(s);
        double flops = 4 * gates * few(s);
        return switch (pass) {
            case "sums" -> convolution;
            case "product" -> new Work(convolution.flops(), convolution.bytes() + 2.0 * s.elements());
            case "forward" -> new Work(flops, 4 * (s.elements() / 128.0 + 2 * gates + parameters));
            case "backward" -> new Work(flops, 4 * (s.elements() / 128.0 + 3 * gates + parameters));
            case "backward_weight" -> new Work(flops, 4 * (2 * gates + parameters));
            default -> Work.features(numbers(), s.elements(), 2, 3);
        };
    }
}
