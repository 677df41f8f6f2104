package io.acuity.op;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.device.Precision;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** On devices of bf16: the others have none of these kernels. */
class NormConv3x3Test {
    private static final float SLOPE = 0.2f;

    private record Case(Shape x, int out, int sets, boolean strided) {}

    /** Sides around those of tiles of 16 x 8 and 16 x 4 pixels of y; channels around blocks of 8, chunks of 16, tiles of 64. */
    private static final List<Case> CASES = List.of(
            new Case(new Shape(2, 5, 1, 2), 8, 1, false),
            new Case(new Shape(4, 12, 9, 17), 24, 2, false),
            new Case(new Shape(2, 17, 8, 16), 72, 2, false),
            new Case(new Shape(2, 5, 1, 2), 8, 1, true),
            new Case(new Shape(4, 12, 9, 34), 24, 2, true),
            new Case(new Shape(2, 17, 7, 31), 72, 2, true));

    private static boolean half(Device device) {
        return device.precision() == Precision.BF16;
    }

    /** How a case is computed: its map and its convolution's result, and gradients. */
    private static final class Run implements AutoCloseable {
        private final Case given;
        private final ParameterSet set = new ParameterSet();
        private final Parameter weight;
        private final Parameter scale;
        private final Parameter shift;
        private final Arena arena;
        private final Tape tape;
        private final Tensor x;
        final List<float[]> results = new ArrayList<>();

        Run(Device device, Case given) {
            this.given = given;
            int in = given.x().c();
            weight = set.declare("w", List.of(given.out(), in, 3, 3), uniform(9L * in * given.out(), 1));
            scale = set.declare("scale", List.of(in), uniform(in, 2));
            shift = set.declare("shift", List.of(in), uniform(in, 3));
            set.allocate(device);
            arena = Arena.poisoned(device);
            tape = Tape.recording(arena);
            x = tape.leaf(given.x());
            x.set(uniform(given.x().elements(), 4));
        }

        Normalised normalised(boolean frozen) {
            if (!frozen) {
                return BatchNorm.measure(tape, Convolved.of(x), scale, shift, null, given.sets(), SLOPE);
            }
            Buffer mean = tape.take((long) given.x().c() * Float.BYTES);
            Buffer variance = tape.take((long) given.x().c() * Float.BYTES);
            device().fill(mean, Float.floatToRawIntBits(0.25f));
            device().fill(variance, Float.floatToRawIntBits(0.5f));
            return BatchNorm.frozen(tape, x, scale, shift, new BatchNorm.Averages(mean, variance), SLOPE);
        }

        Device device() {
            return tape.device();
        }

        /** The normalised map written, and read by the convolution. */
        Run written(boolean frozen) {
            Tensor map = normalised(frozen).write(tape, null);
            @Nullable Parameter noBias = null;
            return finish(
                    given.strided()
                            ? StridedConv3x3.apply(tape, map, weight)
                            : Conv3x3.apply(tape, map, weight, noBias, Conv3x3.Epilogue.NONE));
        }

        Run folded(boolean frozen) {
            return finish(NormConv3x3.apply(tape, normalised(frozen), weight, given.strided(), false)
                    .map());
        }

        /** Nothing but the map is given a gradient. */
        Run fixed() {
            set.trains(false);
            return this;
        }

        private Run finish(Tensor y) {
            results.add(y.toArray());
            Tensor seed = tape.inputLike(y);
            seed.set(uniform(y.shape().elements(), 5));
            tape.backward(y, seed.data());
            results.add(x.gradientArray());
            for (Parameter p : weight.trains() ? List.of(weight, scale, shift) : List.<Parameter>of()) {
                results.add(requireNonNull(p.gradientArray(), p.name()));
            }
            return this;
        }

        @Override
        public void close() {
            tape.close();
            arena.close();
            set.close();
        }
    }

    /** The result and the weight's gradient; what depends on sums over tiles is as near as fp32, and bf16 where it is stored, allow. */
    @EveryPrecision
    void hasTheBitsOfWritingTheNormalisedMap(Device device) {
        if (!half(device)) {
            return;
        }
        for (Case c : CASES) {
            for (boolean frozen : List.of(false, true)) {
                try (Run written = new Run(device, c);
                        Run folded = new Run(device, c)) {
                    List<float[]> want = written.written(frozen).results;
                    List<float[]> have = folded.folded(frozen).results;
                    String what = c + ", frozen " + frozen;
                    assertThat(have.getFirst()).as(what).isEqualTo(want.getFirst());
                    assertThat(have.get(2)).as("%s, weight", what).isEqualTo(want.get(2));
                    assertNear(what + ", map", have.get(1), doubles(want.get(1)), 1.0 / 120); // a neighbour of bf16
                    assertNear(what + ", scale", have.get(3), doubles(want.get(3)), 1e-5);
                    assertNear(what + ", shift", have.get(4), doubles(want.get(4)), 1e-5);
                }
            }
        }
    }

    /** Without sums every bit of the map's gradient is the same. */
    @EveryPrecision
    void needsNoSumsForAFixedNormalisation(Device device) {
        if (!half(device)) {
            return;
        }
        for (Case c : CASES) {
            try (Run written = new Run(device, c);
                    Run folded = new Run(device, c)) {
                List<float[]> want = written.fixed().written(true).results;
                List<float[]> have = folded.fixed().folded(true).results;
                assertThat(want).hasSize(2);
                assertThat(have.getFirst()).as("%s", c).isEqualTo(want.getFirst());
                assertThat(have.getLast()).as("%s", c).isEqualTo(want.getLast());
            }
        }
    }

    /** The definition, from the map before its normalisation on, and finite differences of it. */
    @EveryPrecision
    void normalisesAndConvolves(Device device) {
        if (!half(device)) {
            return;
        }
        for (Case c : CASES.subList(0, 5)) {
            Shape s = c.x();
            OpCheck.of(
                            "norm_conv3x3 " + c,
                            (tape, x, p) -> NormConv3x3.apply(
                                            tape,
                                            BatchNorm.measure(
                                                    tape,
                                                    Convolved.of(x.getFirst()),
                                                    p.get(1),
                                                    p.get(2),
                                                    null,
                                                    c.sets(),
                                                    1f),
                                            p.getFirst(),
                                            c.strided(),
                                            false)
                                    .map(),
                            v -> {
                                double[] map = BatchNormTest.plain(v.getFirst(), s, v.get(2), v.get(3), c.sets(), 1);
                                return c.strided()
                                        ? StridedConv3x3Test.plain(map, s, v.get(1), c.out())
                                        : Plain.convolution(map, s, v.get(1), new double[0], c.out(), 3);
                            })
                    .input(s)
                    .parameter(c.out(), s.c(), 3, 3)
                    .parameter(s.c())
                    .parameter(s.c())
                    .on(device);
        }
    }

    /** A map that is read as it is. */
    @EveryPrecision
    void convolvesAMapAsItIs(Device device) {
        if (!half(device)) {
            return;
        }
        for (Case c : CASES) {
            Shape s = c.x();
            OpCheck.of(
                            "norm_conv3x3 of a map, " + c,
                            (tape, x, p) -> {
                                Convolved y = NormConv3x3.apply(tape, x.getFirst(), p.getFirst(), c.strided(), true);
                                tape.give(requireNonNull(y.moments()));
                                return y.map();
                            },
                            v -> c.strided()
                                    ? StridedConv3x3Test.plain(v.getFirst(), s, v.get(1), c.out())
                                    : Plain.convolution(v.getFirst(), s, v.get(1), new double[0], c.out(), 3))
                    .input(s)
                    .parameter(c.out(), s.c(), 3, 3)
                    .on(device);
        }
    }

    /**
     * Mean and deviation of each set, and moving averages, of results as they are stored; with a shift all of them lie some twenty
     * deviations off zero, as far as bf16 can tell them apart.
     */
    @EveryPrecision
    void momentsAreThoseOfTheStoredResult(Device device) {
        if (!half(device)) {
            return;
        }
        for (Case c : CASES) {
            for (float off : new float[] {0, 24}) {
                assertMoments(device, c, off);
            }
        }
    }

    private static void assertMoments(Device device, Case c, float off) {
        int in = c.x().c();
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            float[] centres = uniform(9L * in * c.out(), 1);
            for (int i = 0; i < centres.length; i++) {
                centres[i] = i % 9 == 4 ? 1 + 0.1f * centres[i] : 0.02f * centres[i];
            }
            Parameter weight = set.declare("w", List.of(c.out(), in, 3, 3), centres);
            Parameter ones = set.declare("scale", List.of(c.out()), new float[c.out()]);
            Parameter zeros = set.declare("shift", List.of(c.out()), new float[c.out()]);
            set.allocate(device);
            Tensor x = tape.input(c.x());
            float[] values = uniform(c.x().elements(), 6);
            for (int i = 0; i < values.length; i++) {
                values[i] += off;
            }
            x.set(values);
            Convolved convolved = NormConv3x3.apply(tape, x, weight, c.strided(), true);
            float[] y = convolved.map().toArray();
            Shape s = convolved.map().shape();
            if (s.pixels() / c.sets() < 2) {
                return;
            }
            Buffer mean = tape.take((long) c.out() * Float.BYTES);
            Buffer variance = tape.take((long) c.out() * Float.BYTES);
            device.fill(mean, 0);
            device.fill(variance, Float.floatToRawIntBits(1f));
            Normalised normalised = BatchNorm.measure(
                    tape, convolved, ones, zeros, new BatchNorm.Averages(mean, variance), c.sets(), SLOPE);
            float[] statistics = new float[2 * c.sets() * c.out()];
            device.download(normalised.statistics(), MemorySegment.ofArray(statistics));
            double[] means = new double[c.sets() * c.out()];
            double[] inverses = new double[means.length];
            float[] haveMeans = new float[means.length];
            float[] haveInverses = new float[means.length];
            double[] runningMean = new double[c.out()];
            double[] runningVariance = new double[c.out()];
            Arrays.fill(runningVariance, 1);
            for (int k = 0; k < c.sets(); k++) {
                for (int o = 0; o < c.out(); o++) {
                    List<Integer> at = BatchNormTest.members(s, o, k, c.sets());
                    double m = at.stream().mapToDouble(i -> y[i]).average().orElseThrow();
                    double squares = at.stream()
                            .mapToDouble(i -> (y[i] - m) * (y[i] - m))
                            .sum();
                    means[k * c.out() + o] = m;
                    inverses[k * c.out() + o] = 1 / Math.sqrt(squares / at.size() + 1e-5);
                    haveMeans[k * c.out() + o] = statistics[2 * k * c.out() + o];
                    haveInverses[k * c.out() + o] = statistics[(2 * k + 1) * c.out() + o];
                    runningMean[o] = 0.9 * runningMean[o] + 0.1 * m;
                    runningVariance[o] = 0.9 * runningVariance[o] + 0.1 * squares / (at.size() - 1);
                }
            }
            String what = c + ", " + off;
            double tolerance =
                    off == 0 ? 1e-5 : 1e-6; // of the largest mean, which near 0 is small beside the deviation
            assertNear(what + ": mean", haveMeans, means, tolerance);
            assertNear(what + ": 1 / deviation", haveInverses, inverses, 1e-5);
            assertNear(what + ": running mean", read(mean, c.out()), runningMean, tolerance);
            assertNear(what + ": running variance", read(variance, c.out()), runningVariance, 1e-5);
        }
    }

    private static float[] read(Buffer buffer, int count) {
        float[] values = new float[count];
        buffer.device().download(buffer, MemorySegment.ofArray(values));
        return values;
    }

    /** Without gradients a map that was read, and its statistics, make room at once. */
    @EveryPrecision
    void usesUpWhatItReads(Device device) {
        if (!half(device)) {
            return;
        }
        Case c = CASES.get(1);
        int in = c.x().c();
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.recording(device)) {
            Parameter weight = set.declare("w", List.of(c.out(), in, 3, 3), uniform(9L * in * c.out(), 1));
            Parameter scale = set.declare("scale", List.of(in), uniform(in, 2));
            Parameter shift = set.declare("shift", List.of(in), uniform(in, 3));
            set.allocate(device);
            set.trains(false);
            Tensor x = tape.input(c.x());
            x.set(uniform(c.x().elements(), 4));
            Buffer memory = x.data();
            Normalised normalised = BatchNorm.measure(tape, Convolved.of(x), scale, shift, null, c.sets(), SLOPE);
            Tensor y = NormConv3x3.apply(tape, normalised, weight, c.strided(), false)
                    .map();
            assertThat(y.needsGradient()).isFalse();
            assertThat(tape.input(c.x()).data().address()).isEqualTo(memory.address());
        }
    }

    @EveryPrecision
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(6, 1, 3, 3), new float[54]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 5, 4, 4));
            assertThatThrownBy(() -> NormConv3x3.apply(tape, x, weight, false, true))
                    .hasMessage(
                            half(device)
                                    ? "norm_conv3x3 weight: want [6, 5, 3, 3], have [6, 1, 3, 3]"
                                    : "norm_conv3x3 input: want bf16, have fp32");
        }
    }
}
