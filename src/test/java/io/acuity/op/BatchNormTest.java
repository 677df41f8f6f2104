package io.acuity.op;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.roundedToBf16;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

class BatchNormTest {
    private static final float SLOPE = 0.2f;
    private static final BatchNorm.Output LEAKY = BatchNorm.Output.activated(SLOPE);

    /** One channel's numbers of one set. */
    static List<Integer> members(Shape s, int channel, int set, int sets) {
        List<Integer> list = new ArrayList<>();
        for (int n = set * s.n() / sets; n < (set + 1) * s.n() / sets; n++) {
            for (int p = 0; p < s.h() * s.w(); p++) {
                list.add((n * s.c() + channel) * s.h() * s.w() + p);
            }
        }
        return list;
    }

    /** The definition, with PyTorch's biased variance. */
    static double[] plain(double[] x, Shape s, double[] weight, double[] bias, int sets, double slope) {
        double[] y = new double[x.length];
        for (int set = 0; set < sets; set++) {
            for (int c = 0; c < s.c(); c++) {
                List<Integer> at = members(s, c, set, sets);
                double mean = at.stream().mapToDouble(i -> x[i]).sum() / at.size();
                double variance = at.stream()
                                .mapToDouble(i -> (x[i] - mean) * (x[i] - mean))
                                .sum()
                        / at.size();
                for (int i : at) {
                    y[i] = weight[c] * (x[i] - mean) / Math.sqrt(variance + 1e-5) + bias[c];
                }
            }
        }
        return Plain.leakyRelu(y, slope);
    }

    private static void check(Device device, Shape s, int sets, float slope) {
        OpCheck.of(
                        "batch_norm " + s + " in " + sets + " sets, slope " + slope,
                        (tape, x, p) -> BatchNorm.apply(
                                tape,
                                x.getFirst(),
                                p.getFirst(),
                                p.get(1),
                                null,
                                sets,
                                BatchNorm.Output.activated(slope)),
                        v -> plain(v.getFirst(), s, v.get(1), v.get(2), sets, slope))
                .input(s)
                .parameter(s.c())
                .parameter(s.c())
                .tolerance(1e-5, 5e-5)
                .on(device);
    }

    @EveryPrecision
    void normalisesEverySet(Device device) {
        check(device, new Shape(1, 1, 1, 7), 1, SLOPE);
        check(device, new Shape(2, 3, 5, 4), 1, SLOPE);
        check(device, new Shape(2, 3, 5, 4), 2, SLOPE);
        check(device, new Shape(6, 17, 3, 3), 3, SLOPE);
        check(device, new Shape(4, 64, 2, 5), 2, SLOPE);
        check(device, new Shape(4, 130, 2, 3), 2, SLOPE);
    }

    /** Several parts of the sums, the last pixels of which do not fill a run. */
    @EveryPrecision
    void sumsManyPixels(Device device) {
        check(device, new Shape(3, 5, 37, 23), 1, SLOPE);
        check(device, new Shape(2, 16, 16, 17), 2, SLOPE);
    }

    @EveryPrecision
    void leavesTheActivationOut(Device device) {
        check(device, new Shape(2, 3, 5, 4), 1, 1f);
    }

    /** A mean a thousand times the deviation: sums of squares alone would lose everything. */
    @EveryDevice
    void keepsItsDigitsFarFromZero(Device device) {
        Shape s = new Shape(2, 3, 20, 20);
        float[] x = uniform(s.elements(), 3);
        for (int i = 0; i < x.length; i++) {
            x[i] += 1000f;
        }
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(3), new float[] {1, 1, 1});
            Parameter bias = set.declare("b", List.of(3), new float[3]);
            set.allocate(device);
            Tensor input = tape.input(s);
            input.set(x);
            float[] y = BatchNorm.apply(tape, input, weight, bias, null, 1, BatchNorm.Output.activated(1f))
                    .toArray();
            double[] want = plain(doubles(x), s, new double[] {1, 1, 1}, new double[3], 1, 1);
            // x itself is rounded to 3e-5 of its deviation
            assertNear("far from zero", y, want, 1e-4);
        }
    }

    /** Each set alone, and all in one call: the same numbers. */
    @EveryPrecision
    void setsDoNotKnowEachOther(Device device) {
        Shape all = new Shape(6, 16, 5, 7);
        Shape one = new Shape(2, 16, 5, 7);
        float[] x = uniform(all.elements(), 4);
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(16), uniform(16, 5));
            Parameter bias = set.declare("b", List.of(16), uniform(16, 6));
            set.allocate(device);
            Tensor together = tape.input(all);
            together.set(x);
            float[] want = BatchNorm.apply(tape, together, weight, bias, null, 3, LEAKY)
                    .toArray();
            int size = Math.toIntExact(one.elements());
            for (int k = 0; k < 3; k++) {
                Tensor alone = tape.input(one);
                alone.set(java.util.Arrays.copyOfRange(x, k * size, (k + 1) * size));
                float[] have = BatchNorm.apply(tape, alone, weight, bias, null, 1, LEAKY)
                        .toArray();
                assertThat(have).isEqualTo(java.util.Arrays.copyOfRange(want, k * size, (k + 1) * size));
            }
        }
    }

    @EveryPrecision
    void movesTheAverages(Device device) {
        Shape s = new Shape(4, 3, 4, 5);
        int sets = 2;
        float[] x = roundedToBf16(uniform(s.elements(), 7));
        double[] mean = {0.5, -0.25, 0};
        double[] variance = {1, 2, 0.5};
        for (int set = 0; set < sets; set++) {
            for (int c = 0; c < 3; c++) {
                List<Integer> at = members(s, c, set, sets);
                double m = at.stream().mapToDouble(i -> x[i]).sum() / at.size();
                double v = at.stream().mapToDouble(i -> (x[i] - m) * (x[i] - m)).sum() / (at.size() - 1);
                mean[c] = 0.9 * mean[c] + 0.1 * m;
                variance[c] = 0.9 * variance[c] + 0.1 * v;
            }
        }
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(3), new float[] {1, 1, 1});
            Parameter bias = set.declare("b", List.of(3), new float[3]);
            set.allocate(device);
            Tensor input = tape.input(s);
            input.set(x);
            BatchNorm.Averages averages = averages(tape, new float[] {0.5f, -0.25f, 0}, new float[] {1, 2, 0.5f});
            BatchNorm.apply(tape, input, weight, bias, averages, sets, LEAKY);
            assertNear("running mean", read(averages.mean(), 3), mean, 1e-6);
            assertNear("running variance", read(averages.variance(), 3), variance, 1e-6);
        }
    }

    /** A linear map and the leaky ReLU, when the averages are what normalises. */
    @EveryPrecision
    void frozenIsAFixedMap(Device device) {
        for (Shape s : List.of(new Shape(2, 3, 5, 4), new Shape(1, 17, 9, 9))) {
            int channels = s.c();
            float[] mean = uniform(channels, 8);
            float[] variance = uniform(channels, 9);
            for (int i = 0; i < channels; i++) {
                variance[i] = Math.abs(variance[i]) + 0.1f;
            }
            OpCheck.of(
                            "frozen batch_norm " + s,
                            (tape, x, p) -> BatchNorm.frozen(
                                    tape, x.getFirst(), p.getFirst(), p.get(1), averages(tape, mean, variance), LEAKY),
                            v -> {
                                double[] y = v.getFirst().clone();
                                for (int i = 0; i < y.length; i++) {
                                    int c = i / (s.h() * s.w()) % channels;
                                    y[i] = v.get(1)[c] * (y[i] - mean[c]) / Math.sqrt(variance[c] + 1e-5) + v.get(2)[c];
                                }
                                return Plain.leakyRelu(y, SLOPE);
                            })
                    .input(s)
                    .parameter(channels)
                    .parameter(channels)
                    .tolerance(1e-5, 5e-5)
                    .on(device);
        }
    }

    private static BatchNorm.Averages averages(Tape tape, float[] mean, float[] variance) {
        Buffer m = tape.take((long) mean.length * Float.BYTES);
        Buffer v = tape.take((long) mean.length * Float.BYTES);
        tape.device().upload(MemorySegment.ofArray(mean), m);
        tape.device().upload(MemorySegment.ofArray(variance), v);
        return new BatchNorm.Averages(m, v);
    }

    private static float[] read(Buffer buffer, int count) {
        float[] values = new float[count];
        buffer.device().download(buffer, MemorySegment.ofArray(values));
        return values;
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter two = set.declare("w", List.of(2), new float[2]);
            Parameter three = set.declare("b", List.of(3), new float[3]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(4, 3, 1, 1));
            assertThatThrownBy(() -> BatchNorm.apply(tape, x, three, two, null, 1, LEAKY))
                    .hasMessage("batch_norm weight and bias: want [3], have [3] and [2]");
            assertThatThrownBy(() -> BatchNorm.apply(tape, x, three, three, null, 3, LEAKY))
                    .hasMessage("batch_norm sets: want a divisor of 4 images, have 3");
            assertThatThrownBy(() -> BatchNorm.apply(tape, x, three, three, null, 4, LEAKY))
                    .hasMessage("batch_norm: want more than one number a channel and set, have [4, 3, 1, 1] in 4 sets");
        }
    }
}
