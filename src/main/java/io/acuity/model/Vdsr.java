package io.acuity.model;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.op.Add;
import io.acuity.op.Bicubic;
import io.acuity.op.BicubicTaps;
import io.acuity.op.BicubicTaps.Border;
import io.acuity.op.Conv1x1;
import io.acuity.op.Conv3x3;
import io.acuity.tensor.DerivedWeight;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * VDSR (Kim et al., arXiv 1511.04587): the picture is enlarged by a bicubic first, and a chain of 3x3 convolutions without bias,
 * ReLU between them, says what luma lacks: {@code y + net(y)}. The same weights serve every scale. Names are those of
 * pytorch-vdsr: input, residual_layer.{i}.conv, output.
 *
 * <p>Of a colour picture only luma goes through the network; Cb and Cr are the bicubic's. As they do not change, adding
 * 255/219 of what luma lacks to red, green and blue is the same as going to YCbCr and back.
 */
public final class Vdsr implements Network {
    /** Luma in [16/255, 235/255] of RGB in [0, 1], as MATLAB's rgb2ycbcr gives it. */
    private static final float[] LUMA = {65.481f / 255, 128.553f / 255, 24.966f / 255};

    private static final float BLACK = 16f / 255;
    private static final float LUMA_TO_RGB = 255f / 219;

    /** Convolutions, their features, and scale 2, 3 or 4. */
    public record Options(int layers, int features, int scale) {
        public Options {
            if (layers < 2 || features < 1) {
                throw new IllegalArgumentException(
                        "vdsr: want at least 2 layers and 1 feature, have " + layers + " and " + features);
            }
            if (scale < 2 || scale > 4) {
                throw new IllegalArgumentException("scale: want 2, 3 or 4, have " + scale);
            }
        }

        /** As published: 20 convolutions of 64 features. */
        public static Options published(int scale) {
            return new Options(20, 64, scale);
        }
    }

    private final Options options;
    private final ParameterSet parameters;
    private final Parameter input;
    private final List<Parameter> middle = new ArrayList<>();
    private final Parameter output;
    private final Weight toLuma;
    private final Weight black;
    private final Weight toColours;

    private Vdsr(Device device, Options options, ParameterSet parameters, Random random) {
        this.options = options;
        this.parameters = parameters;
        int f = options.features();
        input = declare("input", 1, f, random);
        for (int i = 0; i < options.layers() - 2; i++) {
            middle.add(declare("residual_layer." + i + ".conv", f, f, random));
        }
        output = declare("output", f, 1, random);
        parameters.allocate(device);
        toLuma = constant(List.of(1, 3, 1, 1), LUMA);
        black = constant(List.of(1), BLACK);
        toColours = constant(List.of(3, 1, 1, 1), LUMA_TO_RGB, LUMA_TO_RGB, LUMA_TO_RGB);
    }

    /** A network on a device, started from {@code seed}. */
    public static Vdsr create(Device device, Options options, long seed) {
        return new Vdsr(device, options, new ParameterSet(), Random.of(seed, 0));
    }

    private Parameter declare(String name, int in, int out, Random random) {
        float bound = (float) (1 / Math.sqrt(9.0 * in));
        return parameters.declare(name + ".weight", List.of(out, in, 3, 3), random.later(out * in * 9, bound));
    }

    private Weight constant(List<Integer> dimensions, float... values) {
        Buffer buffer = parameters.own((long) values.length * Float.BYTES);
        buffer.device().upload(MemorySegment.ofArray(values), buffer);
        return DerivedWeight.of(Tensor.of(new Shape(1, values.length, 1, 1), buffer), dimensions, parameters::own);
    }

    @Override
    public Tensor forward(Tape tape, Tensor lr) {
        Tensor up = enlarged(tape, lr);
        Tensor luma = Conv1x1.apply(tape, up, toLuma, black);
        Tensor lacking = chain(tape, luma, null);
        tape.done(luma);
        Tensor colours = Conv1x1.apply(tape, lacking, toColours, null);
        tape.done(lacking);
        Tensor sr = Add.apply(tape, up, colours);
        tape.done(up);
        tape.done(colours);
        return sr;
    }

    /** Luma enlarged already, [N, 1, H, W] in [0, 1], to luma of the same size; y is not freed. */
    public Tensor luma(Tape tape, Tensor y) {
        return chain(tape, y, y);
    }

    private Tensor chain(Tape tape, Tensor y, @Nullable Tensor residual) {
        Tensor now = Conv3x3.apply(tape, y, input, null, Conv3x3.Epilogue.RELU);
        for (Parameter weight : middle) {
            Tensor next = Conv3x3.apply(tape, now, weight, null, Conv3x3.Epilogue.RELU);
            tape.done(now);
            now = next;
        }
        Tensor result = Conv3x3.apply(
                tape,
                now,
                output,
                null,
                residual == null ? Conv3x3.Epilogue.NONE : Conv3x3.Epilogue.residual(residual, 1f));
        tape.done(now);
        return result;
    }

    private Tensor enlarged(Tape tape, Tensor lr) {
        Shape s = lr.shape();
        return Bicubic.apply(tape, lr, taps(s.h(), options.scale()), taps(s.w(), options.scale()));
    }

    /**
     * MATLAB's taps, the weights of each of the {@code scale} positions between two samples taken from one place: computed at
     * every place anew they differ in the last bit, and tiles would show it.
     */
    static BicubicTaps taps(int in, int scale) {
        int far = 8;
        BicubicTaps model = BicubicTaps.of(2 * far, 2 * far * scale, Border.MIRRORED);
        int n = model.taps();
        int[] index = new int[in * scale * n];
        double[] weight = new double[index.length];
        for (int r = 0; r < in * scale; r++) {
            for (int k = 0; k < n; k++) {
                int from = (far * scale + r % scale) * n + k;
                int at = Math.floorMod(model.index()[from] - far + r / scale, 2 * in);
                index[r * n + k] = at < in ? at : 2 * in - 1 - at;
                weight[r * n + k] = model.weight()[from];
            }
        }
        return new BicubicTaps(in, in * scale, n, index, weight);
    }

    @Override
    public int scale() {
        return options.scale();
    }

    /** The convolutions see enlarged pixels; the bicubic adds two of its own. */
    @Override
    public int reach() {
        return (Edsr.TILE * options.layers() + options.scale() - 1) / options.scale() + 2;
    }

    @Override
    public int grid() {
        return Edsr.TILE;
    }

    @Override
    public long workingBytes(long pixels) {
        long s2 = (long) options.scale() * options.scale();
        return pixels * s2 * Float.BYTES * (2L * options.features() + 8);
    }

    @Override
    public ParameterSet parameters() {
        return parameters;
    }

    /** There is no bias, so the weights are the same for every range. */
    @Override
    public float[] adopt(Parameter parameter, float[] values, float range) {
        return values;
    }

    @Override
    public String architecture() {
        return "vdsr";
    }

    @Override
    public Map<String, String> colours() {
        return Map.of("acuity.colour", "y");
    }

    @Override
    public Map<String, Object> hyperParameters() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("layers", options.layers());
        map.put("features", options.features());
        return map;
    }
}
