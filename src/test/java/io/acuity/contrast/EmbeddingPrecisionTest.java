package io.acuity.contrast;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.acuity.contrast.EmbeddingNetwork.Statistics;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.op.DualContrastiveLoss;
import io.acuity.op.HaarTransform;
import io.acuity.op.InfoNceLoss;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The embedding network in bf16, on emulated tensor cores, against that of the CPU in fp32, on Haar bands of pictures. Numbers of 8 bits
 * leave maps within a percent after eight blocks; gradients are as near only where that takes no value to the other side of a leaky ReLU's
 * kink, where the slope is five times another, so what is exact about them is tested with parameters that keep values far from it.
 */
class EmbeddingPrecisionTest {
    /** No multiple of the 8 channels of a block. */
    private static final int FEATURES = 12;

    private static final List<Integer> TAPS = List.of(0, 3, 6, 7);
    private static final Shape PICTURES = new Shape(2, 3, 40, 36);
    private static final int SETS = 3;

    /** How the network's scales and shifts are chosen. */
    enum Parameters {
        /** Near 1 and 0: values of both signs. */
        USUAL,
        /** Shifts of some deviations up or, for every third channel, down. */
        FAR_FROM_ZERO
    }

    private static EmbeddingNetwork network(Device device, Statistics statistics, Parameters parameters) {
        EmbeddingNetwork network =
                EmbeddingNetwork.create(device, 3, new EmbeddingNetwork.Options(9, FEATURES, statistics));
        boolean far = parameters == Parameters.FAR_FROM_ZERO;
        for (String name : network.parameters().byName().keySet()) {
            if (name.contains(".1.") && name.startsWith("features")) {
                float[] values =
                        Numbers.uniform(network.parameters().parameter(name).elements(), name.hashCode());
                for (int i = 0; i < values.length; i++) {
                    float middle = name.endsWith("weight") ? (far ? 0.3f : 1) : far ? (i % 3 == 0 ? -2 : 2) : 0;
                    values[i] = middle + (far ? 0.1f : 0.3f) * values[i];
                }
                network.parameters().write(name, values);
            }
        }
        return network;
    }

    /** Waves with some noise, in [0, 1]. */
    private static Tensor pictures(Tape tape, int sets, boolean leaf, long seed) {
        Shape shape = new Shape(sets * PICTURES.n(), 3, PICTURES.h(), PICTURES.w());
        float[] values = Numbers.uniform(shape.elements(), seed);
        for (int i = 0; i < values.length; i++) {
            int column = i % shape.w();
            int row = i / shape.w() % shape.h();
            int plane = i / shape.w() / shape.h();
            double wave = Math.sin(column * 0.3 + plane) + Math.cos(row * (0.2 + 0.05 * (plane % 5)));
            values[i] = (float) (0.5 + 0.2 * wave + 0.05 * values[i]);
        }
        Tensor x = leaf ? Tensor.leaf(shape, tape.take(Tensor.bytes(shape, Precision.FP32))) : tape.plain(shape);
        x.set(values);
        return x;
    }

    /** What the network gives in both modes, by name. */
    private static final class Results {
        final Map<String, float[]> half = new LinkedHashMap<>();
        final Map<String, float[]> plain = new LinkedHashMap<>();

        static Results of(Statistics statistics, Parameters parameters, BiConsumer<EmbeddingNetwork, Run> run) {
            Results results = new Results();
            on("emu", Precision.BF16, statistics, parameters, run, results.half);
            on("cpu", Precision.FP32, statistics, parameters, run, results.plain);
            assertThat(results.half.keySet()).isEqualTo(results.plain.keySet());
            return results;
        }

        private static void on(
                String name,
                Precision precision,
                Statistics statistics,
                Parameters parameters,
                BiConsumer<EmbeddingNetwork, Run> run,
                Map<String, float[]> to) {
            try (Device device = Device.open(name, precision);
                    EmbeddingNetwork network = network(device, statistics, parameters);
                    Tape tape = Tape.recording(device)) {
                run.accept(network, new Run(tape, to));
            }
        }

        /** All whose name begins so: the length of the difference is below {@code bound} of the length. */
        void assertNear(String start, double bound) {
            List<String> names =
                    plain.keySet().stream().filter(n -> n.startsWith(start)).toList();
            assertThat(names).isNotEmpty();
            for (String name : names) {
                assertThat(off(requireNonNull(half.get(name)), requireNonNull(plain.get(name))))
                        .as(name)
                        .isLessThan(bound);
            }
        }
    }

    /** A tape on the device, and where results go. */
    private record Run(Tape tape, Map<String, float[]> results) {}

    /** The loss of the discriminator and its gradients. */
    private static void judge(EmbeddingNetwork network, Run run) {
        Tape tape = run.tape();
        Map<String, float[]> results = run.results();
        Tensor real = network.logits(tape, HaarTransform.features(tape, pictures(tape, 2, false, 1)), 2);
        Tensor fake = network.logits(tape, HaarTransform.features(tape, pictures(tape, 1, false, 2)), 1);
        assertThat(real.precision()).isEqualTo(Precision.FP32);
        results.put("logits of real", real.toArray());
        results.put("logits of fake", fake.toArray());
        Tensor loss = DualContrastiveLoss.apply(tape, real, fake);
        results.put("loss", loss.toArray());
        tape.backward(loss);
        for (Parameter p : network.parameters().byName().values()) {
            results.put("gradient of " + p.name(), requireNonNull(p.gradientArray(), p.name()));
        }
        // the loss knows differences of judgements only
        assertThat(requireNonNull(results.remove("gradient of classifier.1.bias")))
                .containsExactly(new float[1], offset(1e-3f));
        network.state().tensors().forEach((key, tensor) -> {
            if (key.contains("running")) {
                results.put("average " + key, tensor.floats());
            }
        });
    }

    /** The contrastive loss of pictures against samples, and its gradient at the pictures. */
    private static void contrast(EmbeddingNetwork network, boolean before, Run run) {
        Tape tape = run.tape();
        Map<String, float[]> results = run.results();
        network.parameters().trains(false);
        Tensor x = pictures(tape, 1, true, 3);
        Features mine = network.features(tape, HaarTransform.features(tape, x), 1, TAPS, before);
        Features others = network.features(
                tape, HaarTransform.features(tape, pictures(tape, SETS, false, 4)), SETS, TAPS, before);
        List<InfoNceLoss.Layer> layers = new ArrayList<>();
        for (int tap : TAPS) {
            assertThat(others.map(tap).precision()).isEqualTo(tape.device().precision());
            results.put("map " + tap, others.map(tap).toArray());
            layers.add(new InfoNceLoss.Layer(mine.map(tap), others.map(tap)));
        }
        InfoNceLoss.Contrast contrast = InfoNceLoss.apply(tape, layers, 1, InfoNceLoss.Options.DEFAULT);
        results.put("loss", contrast.loss().toArray());
        tape.backward(contrast.loss());
        results.put("gradient at the pictures", x.gradientArray());
    }

    /** Length of the difference by length. */
    static double off(float[] have, float[] want) {
        assertThat(have).hasSameSizeAs(want);
        double length = 0;
        double difference = 0;
        for (int i = 0; i < want.length; i++) {
            length += (double) want[i] * want[i];
            difference += Math.pow((double) want[i] - have[i], 2);
        }
        return Math.sqrt(difference / length);
    }

    @Test
    void judgesAndLearnsAsInFp32() {
        Results results = Results.of(Statistics.PER_SET, Parameters.FAR_FROM_ZERO, EmbeddingPrecisionTest::judge);
        results.assertNear("logits", 1.0 / 32);
        results.assertNear("loss", 1.0 / 1024);
        results.assertNear("average", 1.0 / 256);
        // each channel has one slope, so that a shift behind the last normalisation changes no difference: terms near
        // 0.1 cancel
        float[] shift = requireNonNull(results.half.remove("gradient of features.14.1.bias"));
        assertThat(shift).containsExactly(new float[shift.length], offset(1e-3f));
        results.plain.remove("gradient of features.14.1.bias");
        results.assertNear("gradient", 1.0 / 10);
    }

    /** Values near 0 on the other side of the kink: in the last block a percent of them, each five times too much or too little. */
    @Test
    void learnsMuchAsInFp32AcrossKinks() {
        Results results = Results.of(Statistics.PER_SET, Parameters.USUAL, EmbeddingPrecisionTest::judge);
        results.assertNear("logits", 1.0 / 32);
        results.assertNear("loss", 1.0 / 256);
        results.assertNear("gradient", 0.5);
    }

    @ParameterizedTest
    @CsvSource({
        "PER_SET, FAR_FROM_ZERO, false",
        "JOINT, FAR_FROM_ZERO, true",
        "RUNNING, USUAL, false",
        "PER_SET, USUAL, true"
    })
    void seesAsInFp32(Statistics statistics, Parameters parameters, boolean before) {
        Results results = Results.of(statistics, parameters, (network, run) -> contrast(network, before, run));
        results.assertNear("map", 1.0 / 50);
        results.assertNear("loss", 1.0 / 1024);
        boolean kinks = statistics == Statistics.PER_SET && parameters == Parameters.USUAL;
        results.assertNear("gradient", kinks ? 1.0 / 6 : 1.0 / 32);
    }

    /** At most 4 channels are a picture, which stays fp32: such a network would mix both modes. */
    @Test
    void wantsFeaturesThatAreNoPicture() {
        try (Device device = Device.open("emu", Precision.BF16)) {
            EmbeddingNetwork.Options few = new EmbeddingNetwork.Options(9, 4, Statistics.PER_SET);
            assertThatThrownBy(() -> EmbeddingNetwork.create(device, 1, few))
                    .hasMessage("embedding: want at least 5 features in bf16, where fewer are a picture, have 4");
        }
    }
}
