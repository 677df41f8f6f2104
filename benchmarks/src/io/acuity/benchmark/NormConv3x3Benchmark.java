package io.acuity.benchmark;

import io.acuity.op.BatchNorm;
import io.acuity.op.Convolved;
import io.acuity.op.NormConv3x3;
import io.acuity.op.Normalised;
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
 * The embedding network's convolutions between two normalisations, in bf16 on a GPU, for ten sets of 16 patches of 192 x 192. Their
 * neighbours in {@code HalfConvolution} read and write maps as they are, and {@code BatchNorm} has the passes that these save.
 */
public class NormConv3x3Benchmark extends HalfTimed {
    private static final int SETS = 10;
    private static final int TILE_COLUMNS = 16;
    private static final float SLOPE = 0.2f;

    @Param({"160x64x96x96 to 64", "160x64x48x48 to 128", "160x128x48x48 to 128", "160x256x12x12 to 512"})
    public String layer = "160x64x96x96 to 64";

    /** In the network it is 2 where channels stay as many, else 1. */
    @Param({"1", "2"})
    public int stride = 2;

    /** The convolution's three, and what makes statistics of moments and sums of those over tiles. */
    @Param({"forward", "moments", "backward_input", "backward_tiles", "backward_weight"})
    public String pass = "forward";

    private Shape result() {
        Layer l = Layer.parse(layer);
        Shape s = l.x();
        return new Shape(s.n(), l.out(), parts(s.h(), stride), parts(s.w(), stride));
    }

    private static int parts(int whole, int part) {
        return (whole + part - 1) / part;
    }

    private long tiles() {
        Shape y = result();
        return (long) y.n() * parts(y.h(), stride == 1 ? 8 : 4) * parts(y.w(), TILE_COLUMNS);
    }

    private Set<String> kernels() {
        String stem = stride == 2 ? "norm_strided_conv3x3_" : "norm_conv3x3_";
        return switch (pass) {
            case "forward", "backward_input" -> Set.of(stem + pass);
            case "backward_weight" -> Set.of(stem + pass, "sum_parts");
            case "moments", "backward_tiles" -> Set.of("batch_norm_" + pass);
            default ->
                throw new IllegalArgumentException("pass: want forward, moments, backward_input, backward_tiles or"
                        + " backward_weight, have " + pass);
        };
    }

    @Override
    protected Runnable prepare(Bench on) {
        Set<String> kernels = kernels();
        RecordedLaunches device = new RecordedLaunches(on);
        Tape tape = on.hold(Tape.recording(device));
        ParameterSet set = on.hold(new ParameterSet());
        Shape s = Layer.parse(layer).x();
        int in = s.c();
        int out = result().c();
        Parameter weight = set.declare("w", List.of(out, in, 3, 3), values(9 * in * out));
        Parameter scale = set.declare("scale", List.of(in), values(in));
        Parameter shift = set.declare("shift", List.of(in), values(in));
        Parameter nextScale = set.declare("next scale", List.of(out), values(out));
        Parameter nextShift = set.declare("next shift", List.of(out), values(out));
        set.allocate(device);
        Convolved x = Convolved.of(Tensor.leaf(s, on.features(s)));
        Normalised before = BatchNorm.measure(tape, x, scale, shift, null, SETS, SLOPE);
        Convolved y = NormConv3x3.apply(tape, before, weight, stride == 2, true);
        Tensor map = BatchNorm.measure(tape, y, nextScale, nextShift, null, SETS, SLOPE)
                .write(tape, null);
        tape.backward(map, map.data());
        return device.again(kernels);
    }

    private static float[] values(int count) {
        float[] values = new float[count];
        Random random = Random.of(7, count);
        for (int i = 0; i < count; i++) {
            values[i] = 0.1f * (2 * random.nextFloat() - 1);
        }
        return values;
    }

    /** Maps moved once; beside the gradient of what was read, what was read is. */
    @Override
    public Work work() {
        Shape s = Layer.parse(layer).x();
        Shape y = result();
        double weights = 9.0 * s.c() * y.c();
        double maps = 2.0 * (s.elements() + y.elements());
        double flops = 18.0 * y.elements() * s.c();
        double moments = 8.0 * tiles() * y.c();
        double sums = 8.0 * tiles() * s.c();
        return switch (pass) {
            case "forward" -> new Work(flops, maps + moments + 2 * weights);
            case "backward_input" -> new Work(flops, maps + 2.0 * s.elements() + sums + 2 * weights);
            case "moments" -> new Work(5.0 * tiles() * y.c(), moments);
            case "backward_tiles" -> new Work(2.0 * tiles() * s.c(), sums);
            default -> new Work(flops, maps + 4 * weights);
        };
    }
}
