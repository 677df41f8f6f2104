package io.acuity.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.model.Nlsn.Options;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NlsnTest {
    static Options tiny(int chunk, int rounds, int scale) {
        return new Options(2, 1, 8, 0.5f, rounds, chunk, 1f, scale);
    }

    private static NetworkCheck check(Options options) {
        return NetworkCheck.of(
                options.toString(), device -> Nlsn.create(device, options, 3), PlainSparseAttention.nlsn(options));
    }

    /** 64 positions in 4 chunks and buckets; 30 in 4 chunks with 2 places to fill; 9 in one chunk of 16; a single one. */
    @EveryDevice
    void computesWhatThePaperSays(Device device) {
        check(tiny(16, 4, 2)).values(device, new Shape(1, 3, 8, 8));
        check(tiny(8, 2, 3)).values(device, new Shape(2, 3, 5, 6));
        check(tiny(16, 3, 4)).values(device, new Shape(1, 3, 3, 3));
        check(tiny(4, 1, 2)).values(device, new Shape(1, 3, 1, 1));
        check(new Options(2, 2, 20, 0.1f, 2, 5, 255f, 2)).values(device, new Shape(1, 3, 7, 9));
    }

    @EveryDevice
    void differentiatesEveryParameter(Device device) {
        check(tiny(16, 2, 2)).gradients(device, new Shape(1, 3, 8, 8));
        check(tiny(8, 3, 2)).gradients(device, new Shape(2, 3, 5, 6));
    }

    @Test
    void trainsAsInDoublePrecision() {
        try (Device device = Device.open("cpu")) {
            check(tiny(12, 2, 2)).tenSteps(device, new Shape(2, 3, 8, 8));
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 41796163", "3, 44746563", "4, 44156483"})
    void hasAsManyParametersAsTheOfficialFiles(int scale, long count) {
        try (Device device = Device.open("cpu")) {
            assertThat(Nlsn.create(device, Options.published(scale), 0)
                            .parameters()
                            .count())
                    .isEqualTo(count);
        }
    }

    @Test
    void namesThemAsTheOfficialFiles() {
        try (Device device = Device.open("cpu")) {
            Options small = new Options(32, 8, 16, 0.1f, 4, 144, 1f, 4);
            Map<String, Parameter> have =
                    Nlsn.create(device, small, 0).parameters().byName();
            for (int k = 0; k < 37; k++) {
                if (k % 9 == 0) {
                    assertThat(have)
                            .containsKeys("body." + k + ".conv_match.0.weight", "body." + k + ".conv_assembly.0.bias");
                } else {
                    assertThat(have).containsKeys("body." + k + ".body.0.weight", "body." + k + ".body.2.bias");
                }
            }
            assertThat(have)
                    .containsKeys("body.37.weight", "tail.0.2.weight", "tail.1.bias")
                    .hasSize(4 * 32 + 4 * 5 + 10);
            assertThat(requireNonNull(have.get("body.36.conv_match.0.weight")).dimensions())
                    .containsExactly(4, 16, 3, 3);
            assertThat(requireNonNull(have.get("body.0.conv_assembly.0.weight")).dimensions())
                    .containsExactly(16, 16, 1, 1);
        }
    }

    @Test
    void refusesBadOptions() {
        assertThatThrownBy(() -> new Options(1, 1, 6, 1f, 1, 4, 1f, 2)).hasMessageContaining("divisible by 4");
        assertThatThrownBy(() -> new Options(1, 1, 8, 0f, 1, 4, 1f, 2)).hasMessageContaining("positive residual scale");
        try (Device device = Device.open("cpu")) {
            assertThatThrownBy(() -> Nlsn.create(device, new Options(1, 1, 8, 1f, 0, 4, 1f, 2), 0))
                    .hasMessageContaining("at least 1 round");
        }
    }
}
