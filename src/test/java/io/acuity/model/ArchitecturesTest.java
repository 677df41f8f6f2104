package io.acuity.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of network is found again in the tensors that it writes, and in no other kind's. */
class ArchitecturesTest {
    /** Small sizes of each kind, none of them the default. */
    private static final Map<String, Map<String, Object>> SMALL = Map.of(
            "edsr", Map.of("blocks", 2, "features", 4, "res_scale", 0.5),
            "rcan", Map.of("groups", 2, "blocks", 3, "features", 8, "reduction", 2, "range", 1),
            "han", Map.of("groups", 2, "blocks", 1, "features", 6, "reduction", 3, "range", 1),
            "vdsr", Map.of("layers", 4, "features", 4),
            "imdn", Map.of("blocks", 2, "features", 8, "distilled", 3),
            "nlsn", Map.of("blocks", 2, "interval", 1, "features", 8, "res_scale", 0.5f, "hashes", 2, "chunk", 16));

    static List<String> names() {
        return Architectures.names();
    }

    private static Network small(String name, Device device, int scale) {
        Map<String, Object> sizes = requireNonNull(SMALL.get(name), "small sizes of " + name);
        return Architectures.create(name, device, new Hyperparameters(scale, sizes), 5);
    }

    @ParameterizedTest
    @MethodSource("names")
    void isRecognisedByItselfAlone(String name) {
        try (Device device = Device.open("cpu")) {
            for (int scale = 2; scale <= 4; scale++) {
                Network network = small(name, device, scale);
                StateDict state = ModelFile.state(network, Map.of());
                assertThat(Architectures.names().stream()
                                .filter(kind -> Architectures.named(kind).recognises(state)))
                        .containsExactly(name);
                Network again = ModelFile.build("it", state, device);
                assertThat(again.architecture()).isEqualTo(name);
                assertThat(again.scale()).isEqualTo(scale);
                assertThat(again.range()).isEqualTo(network.range());
                assertThat(again.hyperParameters()).isEqualTo(network.hyperParameters());
                for (String tensor : network.parameters().byName().keySet()) {
                    assertThat(again.parameters().read(tensor))
                            .as(tensor)
                            .isEqualTo(network.parameters().read(tensor));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void saysWhatDoesNotFit(String name) {
        try (Device device = Device.open("cpu")) {
            StateDict state = ModelFile.state(small(name, device, 2), Map.of());
            String first = state.tensors().firstEntry().getKey();
            LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>(state.tensors());
            tensors.put("stray.weight", TensorData.of(new float[2], 2));
            tensors.remove(state.tensors().lastEntry().getKey());
            StateDict wrong = new StateDict(tensors, state.metadata());
            assertThatThrownBy(() -> ModelFile.build("it", wrong, device))
                    .as("without the last tensor, with a stray one after %s", first)
                    .isInstanceOf(WeightsException.class)
                    .hasMessageContaining(
                            "missing " + state.tensors().lastEntry().getKey())
                    .hasMessageContaining("unexpected stray.weight");
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void refusesWhatItDoesNotHave(String name) {
        try (Device device = Device.open("cpu")) {
            Hyperparameters strange = Hyperparameters.of(2).with("wings", 2);
            assertThatThrownBy(() -> Architectures.create(name, device, strange, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(name + " has no hyper-parameter wings: want some of [");
        }
    }

    @Test
    void saysWhatItKnows() {
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>();
        tensors.put("layer.0", TensorData.of(new float[1], 1));
        try (Device device = Device.open("cpu")) {
            assertThatThrownBy(() -> ModelFile.build("it", StateDict.of(tensors), device))
                    .isInstanceOf(WeightsException.class)
                    .hasMessage("it holds no network known here: want the tensors of one of " + Architectures.names()
                            + ", have layer.0");
        }
        assertThatThrownBy(() -> Architectures.named("wing"))
                .hasMessage("architecture: want one of " + Architectures.names() + ", have wing");
    }

    @Test
    void wantsNumbersForNumbers() {
        Hyperparameters odd = Hyperparameters.of(2).with("blocks", 2.5).with("features", "many");
        assertThatThrownBy(() -> odd.whole("blocks", 1)).hasMessage("blocks: want a whole number, have 2.5");
        assertThatThrownBy(() -> odd.number("features", 1)).hasMessage("features: want a number, have many");
        assertThat(odd.whole("groups", 7)).isEqualTo(7);
    }
}
