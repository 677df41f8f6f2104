package io.acuity.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

class RcanTest {
    private static NetworkCheck check(Options options, boolean collapsed) {
        return NetworkCheck.of(
                options + (collapsed ? " collapsed" : ""),
                device -> Rcan.create(device, options, 3).collapse(collapsed),
                PlainNetworks.rcan(options));
    }

    @EveryDevice
    void computesWhatThePaperSays(Device device) {
        for (int scale = 2; scale <= 4; scale++) {
            for (boolean collapsed : new boolean[] {false, true}) {
                check(new Options(2, 2, 8, 4, scale == 3 ? 255f : 1f, scale), collapsed)
                        .values(device, new Shape(2, 3, 5, 6));
            }
        }
        check(new Options(1, 1, 6, 1, 255f, 2), true).values(device, new Shape(1, 3, 1, 1));
        check(new Options(1, 3, 20, 5, 1f, 2), true).values(device, new Shape(1, 3, 7, 9));
    }

    @EveryDevice
    void differentiatesEveryParameter(Device device) {
        check(new Options(2, 2, 8, 4, 1f, 2), true).gradients(device, new Shape(2, 3, 5, 6));
        check(new Options(1, 2, 8, 2, 255f, 4), false).gradients(device, new Shape(1, 3, 5, 4));
    }

    @Test
    void trainsAsInDoublePrecision() {
        try (Device device = Device.open("cpu")) {
            check(new Options(2, 2, 8, 4, 1f, 2), true).tenSteps(device, new Shape(2, 3, 8, 8));
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 15444643", "3, 15629283", "4, 15592355"})
    void hasAsManyParametersAsTheOfficialFiles(int scale, long count) {
        try (Device device = Device.open("cpu")) {
            assertThat(Rcan.create(device, Options.published(scale), 0)
                            .parameters()
                            .count())
                    .isEqualTo(count);
        }
    }

    @Test
    void namesThemAsEdsrPyTorch() {
        try (Device device = Device.open("cpu")) {
            List<String> want = new ArrayList<>(List.of("head.0"));
            for (int g = 0; g < 10; g++) {
                for (int b = 0; b < 20; b++) {
                    String block = "body." + g + ".body." + b + ".body.";
                    want.addAll(List.of(block + "0", block + "2", block + "3.conv_du.0", block + "3.conv_du.2"));
                }
                want.add("body." + g + ".body.20");
            }
            want.addAll(List.of("body.10", "tail.0.0", "tail.0.2", "tail.1"));
            Map<String, Parameter> have =
                    Rcan.create(device, Options.published(4), 0).parameters().byName();
            assertThat(have.keySet())
                    .containsExactlyElementsOf(want.stream()
                            .flatMap(n -> List.of(n + ".weight", n + ".bias").stream())
                            .toList());
            assertThat(requireNonNull(have.get("body.9.body.19.body.3.conv_du.0.weight"))
                            .dimensions())
                    .containsExactly(4, 64, 1, 1);
            assertThat(requireNonNull(have.get("body.0.body.0.body.3.conv_du.2.weight"))
                            .dimensions())
                    .containsExactly(64, 4, 1, 1);
        }
    }

    @Test
    void refusesBadOptions() {
        assertThatThrownBy(() -> new Options(1, 1, 64, 7, 1f, 2))
                .hasMessageStartingWith("rcan: want at least 1 group and block, features divisible by the reduction");
        assertThatThrownBy(() -> new Options(1, 1, 64, 16, 1f, 8)).hasMessage("scale: want 2, 3 or 4, have 8");
        try (Device device = Device.open("cpu")) {
            assertThatThrownBy(() -> Rcan.create(device, new Options(1, 1, 8, 2, 2f, 2), 0))
                    .hasMessage("range: want 1 or 255, have 2.0");
        }
    }
}
