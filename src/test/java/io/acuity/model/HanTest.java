package io.acuity.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.model.Rcan.Options;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HanTest {
    /** A new HAN attends to nothing, for its gammas are 0: here they are not. */
    static Network attentive(Device device, Options options) {
        Han network = Han.create(device, options, 3);
        network.parameters().write("la.gamma", new float[] {0.7f});
        network.parameters().write("csa.gamma", new float[] {-0.6f});
        return network;
    }

    private static NetworkCheck check(Options options, boolean collapsed) {
        return NetworkCheck.of(
                "han " + options, device -> attentive(device, options).collapse(collapsed), PlainNetworks.han(options));
    }

    @EveryDevice
    void computesWhatThePaperSays(Device device) {
        for (int scale = 2; scale <= 4; scale++) {
            check(new Options(2, 1, 8, 4, 1f, scale), scale != 3).values(device, new Shape(2, 3, 5, 6));
        }
        check(new Options(1, 1, 6, 1, 1f, 2), true).values(device, new Shape(1, 3, 1, 1));
        check(new Options(3, 1, 20, 5, 1f, 2), true).values(device, new Shape(1, 3, 7, 9));
    }

    /** At range 255 the energies are so large that attention takes the one least alike. */
    @EveryDevice
    void computesInTheRangeOfTheFile(Device device) {
        check(new Options(2, 1, 8, 4, 255f, 2), true).values(device, new Shape(1, 3, 6, 5));
    }

    @EveryDevice
    void differentiatesEveryParameter(Device device) {
        check(new Options(2, 1, 8, 4, 1f, 2), true).gradients(device, new Shape(2, 3, 5, 6));
    }

    @Test
    void trainsAsInDoublePrecision() {
        try (Device device = Device.open("cpu")) {
            check(new Options(2, 2, 8, 4, 1f, 2), true).tenSteps(device, new Shape(2, 3, 8, 8));
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 15924033", "3, 16108673", "4, 16071745"})
    void hasAsManyParametersAsTheOfficialFiles(int scale, long count) {
        try (Device device = Device.open("cpu")) {
            assertThat(Han.create(device, Options.published(scale), 0)
                            .parameters()
                            .count())
                    .isEqualTo(count);
        }
    }

    @Test
    void namesThemAsTheOfficialFiles() {
        try (Device device = Device.open("cpu")) {
            List<String> want = new ArrayList<>(Rcan.create(device, Options.published(4), 0)
                    .parameters()
                    .byName()
                    .keySet());
            want.addAll(List.of("csa.gamma", "csa.conv.weight", "csa.conv.bias", "la.gamma"));
            want.addAll(List.of("last_conv.weight", "last_conv.bias", "last.weight", "last.bias"));
            Map<String, Parameter> have =
                    Han.create(device, Options.published(4), 0).parameters().byName();
            assertThat(have.keySet()).containsExactlyInAnyOrderElementsOf(want);
            assertThat(requireNonNull(have.get("csa.conv.weight")).dimensions()).containsExactly(1, 1, 3, 3, 3);
            assertThat(requireNonNull(have.get("last_conv.weight")).dimensions())
                    .containsExactly(64, 704, 3, 3);
            assertThat(requireNonNull(have.get("last.weight")).dimensions()).containsExactly(64, 128, 3, 3);
        }
    }

    @Test
    void startsWithoutAttention() {
        try (Device device = Device.open("cpu")) {
            Han network = Han.create(device, new Options(1, 1, 4, 2, 1f, 2), 0);
            assertThat(network.parameters().read("la.gamma")).containsExactly(0f);
            assertThat(network.parameters().read("csa.gamma")).containsExactly(0f);
        }
    }
}
