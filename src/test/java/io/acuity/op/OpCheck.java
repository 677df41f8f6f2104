package io.acuity.op;

import static io.acuity.tensor.Numbers.assertGradient;
import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.dot;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.scaled;
import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.GuardedDevice;
import io.acuity.device.Precision;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks one op on one device against its plain definition in double precision: the values; the gradients of all inputs and
 * parameters, by finite differences of the definition; the gradients where the op is used twice, so that its backward kernels
 * must add; the same bits on a tape for inference. Memory is poisoned with NaN and stands between sentinels.
 *
 * <p>On a device in bf16 the definition is given the rounded inputs, and results may be off by the rounding of what is stored, relative
 * to the largest value.
 */
public final class OpCheck {
    private static final int POISON = 0x7fc0dead;

    /** The op under test, given its inputs and parameters in the order of their declaration. */
    @FunctionalInterface
    public interface Op {
        Tensor apply(Tape tape, List<Tensor> inputs, List<Parameter> parameters);
    }

    /** The definition: values of all inputs, then all parameters, in the file formats' order (NCHW), to the result's. */
    @FunctionalInterface
    public interface Plain {
        double[] apply(List<double[]> values);
    }

    private final String what;
    private final Op op;
    private final Plain plain;
    private final List<Shape> shapes = new ArrayList<>();
    private final List<List<Integer>> dimensions = new ArrayList<>();
    private final List<float[]> inputs = new ArrayList<>();
    private final Set<Integer> plains = new HashSet<>();
    private final List<float[]> weights = new ArrayList<>();
    private double tolerance = 1e-6;
    private double gradientTolerance = 1e-5;
    private double halfTolerance = 1.0 / 128;
    private double halfGradientTolerance = 1.0 / 64;

    private OpCheck(String what, Op op, Plain plain) {
        this.what = what;
        this.op = op;
        this.plain = plain;
    }

    public static OpCheck of(String what, Op op, Plain plain) {
        return new OpCheck(what, op, plain);
    }

    public OpCheck input(Shape shape) {
        return input(shape, uniform(shape.elements(), 11 + inputs.size()));
    }

    public OpCheck input(Shape shape, float[] values) {
        shapes.add(shape);
        inputs.add(values);
        return this;
    }

    /** An input that is fp32 on every device, as pictures and statistics are. */
    public OpCheck fp32(Shape shape) {
        plains.add(shapes.size());
        return input(shape);
    }

    /** A parameter with random values that keep the size of the result near that of the input. */
    public OpCheck parameter(Integer... sizes) {
        List<Integer> list = List.of(sizes);
        int count = list.stream().reduce(1, Math::multiplyExact);
        double fan = Math.max(1, count / (double) list.getFirst());
        dimensions.add(list);
        weights.add(scaled(uniform(count, 77 + weights.size()), 1 / Math.sqrt(fan)));
        return this;
    }

    /** Largest error relative to the largest value. */
    public OpCheck tolerance(double values, double gradients) {
        tolerance = values;
        gradientTolerance = gradients;
        return this;
    }

    /** The same on a device in bf16, where 1/128 and 1/64 are the rule: a sum of many rounded terms may be further off. */
    public OpCheck halfTolerance(double values, double gradients) {
        halfTolerance = values;
        halfGradientTolerance = gradients;
        return this;
    }

    public void on(Device device) {
        GuardedDevice guarded = new GuardedDevice(device);
        boolean half = device.precision() == Precision.BF16;
        if (half) {
            inputs.replaceAll(Numbers::roundedToBf16);
            weights.replaceAll(Numbers::roundedToBf16);
            tolerance = halfTolerance;
            gradientTolerance = halfGradientTolerance;
        }
        Run once = run(guarded, 1);
        List<double[]> at = new ArrayList<>();
        inputs.forEach(v -> at.add(doubles(v)));
        weights.forEach(v -> at.add(doubles(v)));
        String name = what + " on " + device.name() + (half ? " in bf16" : "");
        assertNear(name, once.values, plain.apply(at), tolerance);
        assertGradients(name, once, at, 1);
        assertGradients(name + ", used twice", run(guarded, 2), at, 2);
        assertSameWithoutRecording(guarded, once.values);
        guarded.check();
    }

    private void assertGradients(String name, Run run, List<double[]> at, int uses) {
        for (int i = 0; i < at.size(); i++) {
            int index = i;
            boolean input = i < inputs.size();
            float[] point = input ? inputs.get(i) : weights.get(i - inputs.size());
            assertGradient(
                    name + (input ? ", input " + i : ", parameter " + (i - inputs.size())),
                    moved -> {
                        List<double[]> values = new ArrayList<>(at);
                        values.set(index, moved);
                        return uses * dot(plain.apply(values), run.seed);
                    },
                    point,
                    run.gradients.get(i),
                    gradientTolerance);
        }
    }

    /** What came out of one forward and backward pass. */
    private static final class Run {
        float[] values = {};
        float[] seed = {};
        final List<float[]> gradients = new ArrayList<>();
    }

    private Run run(GuardedDevice device, int uses) {
        Run run = new Run();
        ParameterSet set = new ParameterSet();
        List<Parameter> parameters = declare(set, device);
        try (Arena arena = Arena.poisoned(device);
                Tape tape = Tape.recording(arena)) {
            List<Tensor> leaves = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                Tensor leaf = Tensor.leaf(shapes.get(i), room(tape, i));
                // not NaN beyond the input's end: a kernel that reads there would write its own poison back unseen
                device.fill(leaf.data(), leaf.precision() == Precision.FP32 ? Float.floatToRawIntBits(1f) : 0x3f803f80);
                leaf.set(inputs.get(i));
                leaves.add(leaf);
            }
            Tensor y = op.apply(tape, leaves, parameters);
            run.values = y.toArray();
            assertSlackUntouched(device, y);
            Tensor last = uses == 1 ? y : Add.apply(tape, y, op.apply(tape, leaves, parameters));
            Tensor seed = tape.inputLike(y);
            run.seed = Numbers.roundedToBf16(uniform(y.shape().elements(), 5));
            seed.set(run.seed);
            tape.backward(last, seed.data());
            leaves.forEach(leaf -> run.gradients.add(leaf.gradientArray()));
            for (Parameter parameter : parameters) {
                run.gradients.add(
                        requireNonNull(parameter.gradientArray(), what + ": no gradient reached " + parameter));
            }
            device.check();
            tape.reset();
        }
        return run;
    }

    private Buffer room(Tape tape, int input) {
        Precision precision =
                plains.contains(input) ? Precision.FP32 : tape.device().precision();
        return tape.take(Tensor.bytes(shapes.get(input), precision), precision);
    }

    private List<Parameter> declare(ParameterSet set, Device device) {
        List<Parameter> parameters = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            parameters.add(set.declare("p" + i, dimensions.get(i), weights.get(i)));
        }
        if (!parameters.isEmpty()) {
            set.allocate(device);
        }
        return parameters;
    }

    /** Blocks are longer than tensors; what lies between must stay as it was. */
    private void assertSlackUntouched(Device device, Tensor y) {
        long used = Tensor.bytes(y.shape(), y.precision());
        int[] slack = new int[(int) ((y.data().bytes() - used) / Integer.BYTES)];
        device.download(y.data().slice(used, slack.length * 4L), MemorySegment.ofArray(slack));
        assertThat(Arrays.stream(slack).allMatch(w -> w == POISON))
                .as("%s: memory behind the result untouched", what)
                .isTrue();
    }

    private void assertSameWithoutRecording(Device device, float[] recorded) {
        ParameterSet set = new ParameterSet();
        List<Parameter> parameters = declare(set, device);
        try (Tape tape = Tape.inference(device)) {
            List<Tensor> tensors = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                Tensor tensor = Tensor.of(shapes.get(i), room(tape, i));
                tensor.set(inputs.get(i));
                tensors.add(tensor);
            }
            Tensor y = op.apply(tape, tensors, parameters);
            assertThat(y.toArray()).as("%s: same bits without recording", what).isEqualTo(recorded);
            assertThat(y.needsGradient()).isFalse();
        }
    }
}
