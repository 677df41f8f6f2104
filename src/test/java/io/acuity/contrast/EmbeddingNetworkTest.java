package io.acuity.contrast;

import static io.acuity.tensor.Numbers.assertGradient;
import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.dot;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.contrast.EmbeddingNetwork.Statistics;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingNetworkTest {
    private static final int FEATURES = 4;
    private static final EmbeddingNetwork.Options SMALL = new EmbeddingNetwork.Options(9, FEATURES, Statistics.PER_SET);

    /** Two sets of three images; the last map is 2 x 2. */
    private static final Shape IMAGES = new Shape(6, 9, 20, 18);

    private static final int SETS = 2;
    private static final float[] VALUES = uniform(IMAGES.elements(), 21);

    /** Eight convolutions and normalisations, each of which costs a digit or less. */
    private static final double TOLERANCE = 5e-5;

    private static final double GRADIENT_TOLERANCE = 5e-4;

    private static EmbeddingNetwork small(Device device, Statistics statistics) {
        EmbeddingNetwork network = EmbeddingNetwork.create(device, 3, SMALL.with(statistics));
        // scales and shifts that a mistake cannot hide behind
        for (String name : network.parameters().byName().keySet()) {
            if (name.contains(".1.") && name.startsWith("features")) {
                float[] values = uniform(network.parameters().parameter(name).elements(), name.hashCode());
                for (int i = 0; i < values.length; i++) {
                    values[i] = name.endsWith("weight") ? 1 + 0.3f * values[i] : 0.3f * values[i];
                }
                network.parameters().write(name, values);
            }
        }
        return network;
    }

    private static Tensor images(Tape tape, Shape shape, float[] values) {
        Tensor x = tape.input(shape);
        x.set(values);
        return x;
    }

    @EveryDevice
    void hasTheReleasedNetworksParameters(Device device) {
        try (EmbeddingNetwork network = EmbeddingNetwork.create(device, 1, EmbeddingNetwork.Options.RELEASED)) {
            assertThat(network.parameters().count()).isEqualTo(4_691_265);
            assertThat(network.parameters().parameter("features.14.0.weight").dimensions())
                    .containsExactly(512, 512, 3, 3);
            // PyTorch's uniform start, bound 1/sqrt(fan in)
            float[] first = network.parameters().read("features.4.0.weight");
            double bound = 1 / Math.sqrt(9.0 * 64);
            double square = 0;
            for (float v : first) {
                assertThat(Math.abs((double) v)).isLessThanOrEqualTo(bound);
                square += (double) v * v;
            }
            assertThat(Math.sqrt(square / first.length))
                    .isBetween(0.99 * bound / Math.sqrt(3), 1.01 * bound / Math.sqrt(3));
        }
    }

    @EveryDevice
    void mapsOfEveryBlockAreThoseOfTheDefinition(Device device) {
        List<Integer> taps = List.of(0, 1, 2, 3, 4, 5, 6, 7);
        for (boolean before : new boolean[] {false, true}) {
            try (EmbeddingNetwork network = small(device, Statistics.PER_SET);
                    Tape tape = Tape.inference(device)) {
                PlainEmbedding plain = new PlainEmbedding(network.state(), FEATURES);
                Features features = network.features(tape, images(tape, IMAGES, VALUES), SETS, taps, before);
                for (int tap : taps) {
                    PlainEmbedding.Result want = plain.features(doubles(VALUES), IMAGES, SETS, tap, before);
                    assertThat(features.map(tap).shape()).isEqualTo(want.shape());
                    assertNear(
                            "tap " + tap + ", before " + before,
                            features.map(tap).toArray(),
                            want.values(),
                            TOLERANCE);
                }
            }
        }
    }

    @EveryDevice
    void judgesSixteenPatches(Device device) {
        try (EmbeddingNetwork network = small(device, Statistics.PER_SET);
                Tape tape = Tape.inference(device)) {
            PlainEmbedding plain = new PlainEmbedding(network.state(), FEATURES);
            Tensor logits = network.logits(tape, images(tape, IMAGES, VALUES), SETS);
            assertThat(logits.shape()).isEqualTo(new Shape(6, 1, 4, 4));
            assertNear(
                    "logits",
                    logits.toArray(),
                    plain.logits(doubles(VALUES), IMAGES, SETS).values(),
                    TOLERANCE);
            for (String average : List.of(
                    "features.0.1.running_mean",
                    "features.0.1.running_var",
                    "features.14.1.running_mean",
                    "features.14.1.running_var")) {
                assertNear(average, network.state().tensor(average).floats(), plain.value(average), TOLERANCE);
            }
            assertThat(network.state()
                            .tensor("features.14.1.num_batches_tracked")
                            .longs())
                    .containsExactly(SETS);
        }
    }

    /** Through every normalisation, to the images and to parameters of the first, a middle and the last blocks. */
    @EveryDevice
    void gradientsAreThoseOfTheDefinition(Device device) {
        try (EmbeddingNetwork network = small(device, Statistics.PER_SET);
                Tape tape = Tape.recording(device)) {
            PlainEmbedding plain = new PlainEmbedding(network.state(), FEATURES);
            Tensor x = tape.leaf(IMAGES);
            x.set(VALUES);
            Tensor logits = network.logits(tape, x, SETS);
            float[] seed = uniform(logits.shape().elements(), 5);
            tape.backward(logits, images(tape, logits.shape(), seed).data());
            assertGradient(
                    "images",
                    moved -> dot(plain.logits(moved, IMAGES, SETS).values(), seed),
                    VALUES,
                    x.gradientArray(),
                    GRADIENT_TOLERANCE);
            for (String name : List.of("features.0.0.weight", "features.6.1.weight", "features.10.0.weight")) {
                Parameter parameter = network.parameters().parameter(name);
                assertGradient(
                        name,
                        moved -> dot(
                                plain.with(name, moved)
                                        .logits(doubles(VALUES), IMAGES, SETS)
                                        .values(),
                                seed),
                        network.parameters().read(name),
                        requireNonNull(parameter.gradientArray()),
                        GRADIENT_TOLERANCE);
            }
        }
    }

    /** The contrastive step's contract: a gradient for the images, the same as ever, and none for any parameter. */
    @EveryDevice
    void frozenItPassesGradientsThrough(Device device) {
        try (EmbeddingNetwork network = small(device, Statistics.PER_SET);
                Tape tape = Tape.recording(device)) {
            float[] trained = imageGradient(network, tape);
            assertThat(network.parameters().parameter("features.0.0.weight").gradientArray())
                    .isNotNull();
            network.parameters().clearGradients();
            network.parameters().trains(false);
            float[] frozen = imageGradient(network, tape);
            assertThat(frozen).isEqualTo(trained);
            float largest = 0;
            for (float v : frozen) {
                largest = Math.max(largest, Math.abs(v));
            }
            assertThat(largest).isGreaterThan(1e-3f);
            for (Parameter p : network.parameters().byName().values()) {
                assertThat(p.gradientArray()).as(p.name()).isNull();
            }
        }
    }

    private static float[] imageGradient(EmbeddingNetwork network, Tape tape) {
        tape.reset();
        Tensor x = tape.leaf(IMAGES);
        x.set(VALUES);
        Tensor map = network.features(tape, x, SETS, List.of(4), false).map(4);
        float[] seed = uniform(map.shape().elements(), 6);
        tape.backward(map, images(tape, map.shape(), seed).data());
        return x.gradientArray();
    }

    @EveryDevice
    void setsDoNotKnowEachOther(Device device) {
        Shape one = new Shape(3, 9, 20, 18);
        int size = VALUES.length / SETS;
        try (EmbeddingNetwork network = small(device, Statistics.PER_SET);
                Tape tape = Tape.inference(device)) {
            float[] all = map(network, tape, IMAGES, VALUES, SETS);
            try (Tape recording = Tape.recording(device)) {
                assertThat(map(network, recording, IMAGES, VALUES, SETS))
                        .as("all sets at once, as where gradients are kept")
                        .isEqualTo(all);
            }
            for (int k = 0; k < SETS; k++) {
                float[] alone = map(network, tape, one, Arrays.copyOfRange(VALUES, k * size, (k + 1) * size), 1);
                int length = alone.length;
                assertThat(alone).isEqualTo(Arrays.copyOfRange(all, k * length, (k + 1) * length));
            }
        }
    }

    private static float[] map(EmbeddingNetwork network, Tape tape, Shape shape, float[] values, int sets) {
        return network.features(tape, images(tape, shape, values), sets, List.of(4), false)
                .map(4)
                .toArray();
    }

    @EveryDevice
    void jointStatisticsAreThoseOfOneSet(Device device) {
        try (EmbeddingNetwork joint = small(device, Statistics.JOINT);
                EmbeddingNetwork perSet = small(device, Statistics.PER_SET);
                Tape tape = Tape.inference(device)) {
            float[] together = map(joint, tape, IMAGES, VALUES, SETS);
            assertThat(together).isEqualTo(map(perSet, tape, IMAGES, VALUES, 1));
            assertThat(together).isNotEqualTo(map(perSet, tape, IMAGES, VALUES, SETS));
        }
    }

    @EveryDevice
    void runningStatisticsAreThoseThatLearningLeft(Device device) {
        try (EmbeddingNetwork network = small(device, Statistics.RUNNING);
                Tape tape = Tape.inference(device)) {
            network.logits(tape, images(tape, IMAGES, VALUES), SETS);
            PlainEmbedding plain = new PlainEmbedding(network.state(), FEATURES);
            float[] before = network.state().tensor("features.0.1.running_mean").floats();
            float[] have = map(network, tape, IMAGES, VALUES, SETS);
            assertNear(
                    "running",
                    have,
                    plain.features(doubles(VALUES), IMAGES, 0, 4, false).values(),
                    TOLERANCE);
            assertThat(network.state().tensor("features.0.1.running_mean").floats())
                    .as("averages that normalise are not moved")
                    .isEqualTo(before);
            assertThat(network.state()
                            .tensor("features.0.1.num_batches_tracked")
                            .longs())
                    .containsExactly(SETS);
        }
    }

    @EveryDevice
    void computesNothingBeyondTheDeepestTap(Device device) {
        try (EmbeddingNetwork network = small(device, Statistics.PER_SET);
                Tape tape = Tape.inference(device)) {
            network.features(tape, images(tape, IMAGES, VALUES), SETS, List.of(2, 0), false);
            StateDict state = network.state();
            assertThat(state.tensor("features.4.1.num_batches_tracked").longs()).containsExactly(SETS);
            assertThat(state.tensor("features.6.1.num_batches_tracked").longs()).containsExactly(0);
        }
    }

    /** Samples are embedded on the same tape as what trains, and give their memory back at once. */
    @EveryDevice
    void keepsNothingWhereNoGradientFlows(Device device) {
        Function<Boolean, Long> bytes = frozen -> {
            try (EmbeddingNetwork network = small(device, Statistics.PER_SET);
                    Tape tape = Tape.recording(device)) {
                network.parameters().trains(!frozen);
                network.features(tape, images(tape, IMAGES, VALUES), SETS, List.of(4), false);
                return tape.bytes();
            }
        };
        // what the convolutions made, written over by what normalisation makes of it
        long maps = 4L * 6 * (4 * 20 * 18 + 4 * 10 * 9 + 8 * 10 * 9 + 8 * 5 * 5 + 16 * 5 * 5);
        assertThat(bytes.apply(false) - bytes.apply(true)).isGreaterThanOrEqualTo(maps);
    }

    @EveryDevice
    void stateIsKeptToTheBit(Device device, @TempDir Path folder) {
        Path file = folder.resolve("embedding.safetensors");
        try (EmbeddingNetwork network = small(device, Statistics.PER_SET);
                EmbeddingNetwork other = EmbeddingNetwork.create(device, 99, SMALL);
                Tape tape = Tape.inference(device)) {
            network.logits(tape, images(tape, IMAGES, VALUES), SETS);
            Safetensors.write(file, network.state());
            other.restore(Safetensors.read(file));
            assertThat(other.state().tensors()).isEqualTo(network.state().tensors());
            assertThat(other.logits(tape, images(tape, IMAGES, VALUES), SETS).toArray())
                    .isEqualTo(network.logits(tape, images(tape, IMAGES, VALUES), SETS)
                            .toArray());
        }
    }

    @EveryDevice
    void namesAreTheReleasedNetworks(Device device) {
        try (EmbeddingNetwork network = EmbeddingNetwork.create(device, 1, SMALL)) {
            Map<String, TensorData> tensors = network.state().tensors();
            assertThat(tensors.keySet())
                    .hasSize(8 * 6 + 2)
                    .startsWith(
                            "features.0.0.weight",
                            "features.0.1.weight",
                            "features.0.1.bias",
                            "features.0.1.running_mean",
                            "features.0.1.running_var",
                            "features.0.1.num_batches_tracked",
                            "features.2.0.weight")
                    .endsWith("features.14.1.num_batches_tracked", "classifier.1.weight", "classifier.1.bias");
            assertThat(requireNonNull(tensors.get("classifier.1.weight")).shape())
                    .containsExactly(1L, 32L, 1L, 1L);
            assertThat(requireNonNull(tensors.get("features.0.1.num_batches_tracked"))
                            .shape())
                    .isEmpty();
        }
    }

    @EveryDevice
    void refusesAnotherNetworksState(Device device) {
        try (EmbeddingNetwork network = EmbeddingNetwork.create(device, 1, SMALL)) {
            LinkedHashMap<String, TensorData> tensors =
                    new LinkedHashMap<>(network.state().tensors());
            tensors.remove("features.0.1.bias");
            tensors.put("classifier.1.bias", TensorData.of(new float[2], 2));
            tensors.put("extra", TensorData.of(new float[1], 1));
            assertThatThrownBy(() -> network.restore(StateDict.of(tensors)))
                    .isInstanceOf(WeightsException.class)
                    .hasMessage(
                            "embedding network: missing features.0.1.bias [4], classifier.1.bias: want [1], have [2],"
                                    + " unexpected extra");
        }
    }

    @EveryDevice
    void refusesWrongTaps(Device device) {
        try (EmbeddingNetwork network = EmbeddingNetwork.create(device, 1, SMALL);
                Tape tape = Tape.inference(device)) {
            Tensor x = images(tape, IMAGES, VALUES);
            for (List<Integer> taps : List.of(List.<Integer>of(), List.of(8), List.of(-1), List.of(2, 2))) {
                assertThatThrownBy(() -> network.features(tape, x, 1, taps, false))
                        .hasMessage("embedding taps: want numbers from 0 to 7, each once, have " + taps);
            }
            assertThatThrownBy(() -> network.features(tape, x, 4, List.of(0), false))
                    .hasMessage("embedding sets: want a divisor of 6 images, have 4");
            Tensor rgb = tape.input(new Shape(2, 3, 16, 16));
            assertThatThrownBy(() -> network.logits(tape, rgb, 1))
                    .hasMessage("embedding images: want 9 channels, have [2, 3, 16, 16]");
        }
    }
}
