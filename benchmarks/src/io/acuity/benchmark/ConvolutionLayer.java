package io.acuity.benchmark;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.op.Conv1x1;
import io.acuity.op.Conv3x3;
import io.acuity.op.Conv5x5;
import io.acuity.op.StridedConv3x3;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A convolution as its operation launches it in the device's number mode: {@code conv3x3 16x64x48x48 to 64}, {@code conv5x5 16x64x48x48
 * to 48 shuffle 4}, {@code strided_conv3x3 160x64x96x96 to 64}, {@code conv1x1 16x256x48x48 to 64}. In bf16 at most {@value #PICTURE}
 * channels are a picture's, in fp32.
 */
record ConvolutionLayer(String stem, Layer layer) {
    private static final int PICTURE = 4;

    private record Weights(Parameter weight, Parameter bias) {}

    static ConvolutionLayer parse(String text) {
        int blank = text.indexOf(' ');
        if (blank < 0) {
            throw new IllegalArgumentException("convolution: want KERNEL NxCxHxW to O [shuffle r], have " + text);
        }
        return new ConvolutionLayer(text.substring(0, blank), Layer.parse(text.substring(blank + 1)));
    }

    /**
     * One pass again and again.
     *
     * @param pass {@code forward} with bias and, for conv3x3 without a shuffle, ReLU; {@code backward_input}; {@code backward_weight},
     *     in bf16 with the sum of its parts
     */
    Runnable prepare(Bench on, String pass) {
        if (!List.of("forward", "backward_input", "backward_weight").contains(pass)) {
            throw new IllegalArgumentException("pass: want forward, backward_input or backward_weight, have " + pass);
        }
        String kernel = stem + "_" + pass;
        Set<String> forms = Set.of(kernel, kernel + "_head", kernel + "_tail");
        return chain(on, 1, false).again(pass.equals("backward_weight") ? with(forms, "sum_parts") : forms);
    }

    private static Set<String> with(Set<String> names, String one) {
        List<String> all = new ArrayList<>(names);
        all.add(one);
        return Set.copyOf(all);
    }

    /** The weight gradients of so many such layers, as a training step in bf16 forms them together. */
    Runnable weightsTogether(Bench on, int layers) {
        return chain(on, layers, true).again(Set.of(stem + "_backward_weight_group", "sum_parts_group"));
    }

    /** The gradient of the first of two such layers by its input, added to that of a skip over both, which other work still reads. */
    Runnable inputBesideSkip(Bench on) {
        RecordedLaunches device = new RecordedLaunches(on);
        Tape tape = on.hold(Tape.recording(device));
        tape.defers(true);
        Shape s = layer.x();
        List<Weights> weights = weights(on, device, 2);
        Tensor x = Tensor.leaf(s, on.features(s));
        Tensor hidden = apply(tape, x, weights.getFirst());
        Weights last = weights.getLast();
        Conv3x3.Epilogue skip = Conv3x3.Epilogue.residual(x, 1f);
        Tensor y = Conv3x3.apply(tape, hidden, last.weight(), last.bias(), skip);
        tape.backward(y, y.data());
        return device.again(Set.of("conv3x3_backward_input_skip"));
    }

    /** So many such layers one behind the other, and back to their input and weights. */
    private RecordedLaunches chain(Bench on, int layers, boolean defers) {
        RecordedLaunches device = new RecordedLaunches(on);
        Tape tape = on.hold(Tape.recording(device));
        tape.defers(defers);
        Shape s = layer.x();
        Tensor x = Tensor.leaf(s, s.c() <= PICTURE ? on.noise(s.elements()) : on.features(s));
        for (Weights weights : weights(on, device, layers)) {
            x = apply(tape, x, weights);
        }
        tape.backward(x, x.data());
        return device;
    }

    private List<Weights> weights(Bench on, Device device, int layers) {
        int out = layer.out();
        int in = layer.x().c();
        ParameterSet set = on.hold(new ParameterSet());
        List<Weights> all = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            float[] values = new float[out * in * side() * side()];
            float bound = (float) (1 / Math.sqrt((double) in * side() * side())); // results of a chain stay finite
            Random random = Random.of(7, i);
            for (int j = 0; j < values.length; j++) {
                values[j] = (2 * random.nextFloat() - 1) * bound;
            }
            all.add(new Weights(
                    set.declare("w" + i, List.of(out, in, side(), side()), values),
                    set.declare("b" + i, List.of(out), new float[out])));
        }
        set.allocate(device);
        return all;
    }

    private Tensor apply(Tape tape, Tensor x, Weights p) {
        int shuffle = layer.shuffle();
        return switch (stem) {
            case "conv1x1" -> Conv1x1.apply(tape, x, p.weight(), p.bias());
            case "conv3x3" ->
                Conv3x3.apply(
                        tape,
                        x,
                        p.weight(),
                        p.bias(),
                        shuffle == 1 ? Conv3x3.Epilogue.RELU : Conv3x3.Epilogue.shuffle(shuffle));
            case "conv5x5" -> Conv5x5.apply(tape, x, p.weight(), p.bias(), shuffle);
            case "strided_conv3x3" -> StridedConv3x3.apply(tape, x, p.weight());
            default ->
                throw new IllegalArgumentException(
                        "convolution: want conv1x1, conv3x3, conv5x5 or strided_conv3x3, have " + stem);
        };
    }

    private int side() {
        return stem.charAt(stem.length() - 1) - '0';
    }

    /** The direct computation, with x, y and the weights moved once in the numbers they are stored in. */
    Work work(Precision numbers, String pass) {
        Shape s = layer.x();
        int shuffles = layer.shuffle() * layer.shuffle();
        int stride = stem.startsWith("strided") ? 2 : 1;
        long pixels = (long) s.n() * ((s.h() + stride - 1) / stride) * ((s.w() + stride - 1) / stride);
        double results = (double) pixels * layer.out();
        double weights = (double) side() * side() * s.c() * layer.out();
        double bytes = layer.inputs() * bytes(numbers, s.c())
                + results * bytes(numbers, layer.out() / shuffles)
                + weights * (pass.equals("backward_weight") ? Float.BYTES : numbers.bytes());
        return new Work(2 * results * side() * side() * s.c(), bytes);
    }

    private static double bytes(Precision numbers, int channels) {
        return channels <= PICTURE ? Float.BYTES : numbers.bytes();
    }
}
