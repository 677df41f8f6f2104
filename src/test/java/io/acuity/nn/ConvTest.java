package io.acuity.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.device.Device;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConvTest {
    /** torch.nn.Conv2d starts weight and bias uniform in +-1/sqrt(fan in). */
    @Test
    void startsAsPyTorch() {
        ParameterSet set = new ParameterSet();
        Conv.declare(set, "a", 16, 64, Random.of(1, 0));
        try (Device device = Device.open("cpu")) {
            set.allocate(device);
            assertThat(set.parameter("a.weight").dimensions()).containsExactly(64, 16, 3, 3);
            assertThat(set.parameter("a.bias").dimensions()).containsExactly(64);
            double bound = 1 / Math.sqrt(9 * 16);
            float[] weight = set.read("a.weight");
            double squares = 0;
            for (float w : weight) {
                assertThat((double) w).isBetween(-bound, bound);
                squares += w * w;
            }
            double variance = squares / weight.length;
            assertThat(variance).isCloseTo(bound * bound / 3, within(0.05 * bound * bound / 3));
            float[] bias = set.read("a.bias");
            assertThat(IntStream.range(0, 64)
                            .mapToDouble(i -> Math.abs(bias[i]))
                            .max()
                            .orElse(0))
                    .isBetween(0.5 * bound, bound);
        }
    }
}
