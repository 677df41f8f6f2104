package io.acuity.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** BasicSR's names, written here as its modules nest: each network read under them is the one under our own. */
class BasicSrNamesTest {
    private static void put(Map<String, String> names, String own, String theirs) {
        names.put(own + ".weight", theirs + ".weight");
        names.put(own + ".bias", theirs + ".bias");
    }

    private static Map<String, String> outside(int stages, int scale) {
        Map<String, String> names = new LinkedHashMap<>();
        put(names, "head.0", "conv_first");
        put(names, "body." + stages, "conv_after_body");
        put(names, "tail.0.0", "upsample.0");
        if (scale == 4) {
            put(names, "tail.0.2", "upsample.2");
        }
        put(names, "tail.1", "conv_last");
        return names;
    }

    private static Map<String, String> edsr(int blocks, int scale) {
        Map<String, String> names = outside(blocks, scale);
        for (int b = 0; b < blocks; b++) {
            put(names, "body." + b + ".body.0", "body." + b + ".conv1");
            put(names, "body." + b + ".body.2", "body." + b + ".conv2");
        }
        return names;
    }

    private static Map<String, String> rcan(int groups, int blocks, int scale) {
        Map<String, String> names = outside(groups, scale);
        for (int g = 0; g < groups; g++) {
            for (int b = 0; b < blocks; b++) {
                String own = "body." + g + ".body." + b + ".body.";
                String theirs = "body." + g + ".residual_group." + b + ".rcab.";
                put(names, own + "0", theirs + "0");
                put(names, own + "2", theirs + "2");
                put(names, own + "3.conv_du.0", theirs + "3.attention.1");
                put(names, own + "3.conv_du.2", theirs + "3.attention.3");
            }
            put(names, "body." + g + ".body." + blocks, "body." + g + ".conv");
        }
        return names;
    }

    private static StateDict renamed(StateDict state, Map<String, String> names) {
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>();
        state.tensors().forEach((name, tensor) -> tensors.put(names.getOrDefault(name, "none of " + name), tensor));
        return StateDict.of(tensors); // without notes, as published
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void readsEdsrAndRcan(int scale) {
        try (Device device = Device.open("cpu")) {
            Network edsr = Edsr.create(device, new Edsr.Options(3, 8, 1f, scale), 2);
            Network rcan = Rcan.create(device, new Rcan.Options(2, 3, 8, 2, 255f, scale), 2);
            check(device, edsr, renamed(ModelFile.state(edsr, Map.of()), edsr(3, scale)), 255);
            check(device, rcan, renamed(ModelFile.state(rcan, Map.of()), rcan(2, 3, scale)), 1);
        }
    }

    /** EDSR's biases are kept for range 1, RCAN's as they are. */
    private static void check(Device device, Network network, StateDict theirs, float range) {
        Network read = ModelFile.build("theirs", theirs, device);
        assertThat(read.hyperParameters()).isEqualTo(network.hyperParameters());
        assertThat(read.scale()).isEqualTo(network.scale());
        network.parameters().byName().forEach((name, parameter) -> {
            float[] want = network.parameters().read(name);
            if (parameter.dimensions().size() == 1) {
                for (int i = 0; i < want.length; i++) {
                    want[i] /= range;
                }
            }
            assertThat(read.parameters().read(name)).as(name).isEqualTo(want);
        });
    }

    @Test
    void saysUnderWhichNameATensorIsMissing() {
        try (Device device = Device.open("cpu")) {
            Network edsr = Edsr.create(device, new Edsr.Options(2, 8, 1f, 2), 2);
            Map<String, String> names = edsr(2, 2);
            names.put("body.1.body.2.weight", "body.1.conv3.weight");
            StateDict wrong = renamed(ModelFile.state(edsr, Map.of()), names);
            assertThatThrownBy(() -> ModelFile.build("theirs", wrong, device))
                    .isInstanceOf(WeightsException.class)
                    .hasMessageContaining("missing body.1.body.2.weight [8, 8, 3, 3], unexpected body.1.conv3.weight");
        }
    }
}
