package io.acuity.contrast;

import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

class EmbeddingNetworkTest {
    private static final EmbeddingNetwork.Options SMALL =
            new EmbeddingNetwork.Options(9, 4, EmbeddingNetwork.Statistics.PER_SET);

    @EveryDevice
    void hasTheReleasedNetworksParameters(Device device) {
        try (EmbeddingNetwork network = EmbeddingNetwork.create(device, 1, EmbeddingNetwork.Options.RELEASED)) {
            assertThat(network.parameters().count()).isEqualTo(4_691_265);
            assertThat(network.parameters().parameter("features.14.0.weight").dimensions())
                    .containsExactly(512, 512, 3, 3);
        }
    }

    @EveryDevice
    void refusesWrongTaps(Device device) {
        try (EmbeddingNetwork network = EmbeddingNetwork.create(device, 1, SMALL);
                Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(2, 9, 16, 16));
            x.set(uniform(x.shape().elements(), 1));
            for (List<Integer> taps : List.of(List.<Integer>of(), List.of(8), List.of(-1), List.of(2, 2))) {
                assertThatThrownBy(() -> network.features(tape, x, 1, taps, false))
                        .hasMessage("embedding taps: want numbers from 0 to 7, each once, have " + taps);
            }
            assertThatThrownBy(() -> network.features(tape, x, 3, List.of(0), false))
                    .hasMessage("embedding sets: want a divisor of 2 images, have 3");
            Tensor rgb = tape.input(new Shape(2, 3, 16, 16));
            assertThatThrownBy(() -> network.logits(tape, rgb, 1))
                    .hasMessage("embedding images: want 9 channels, have [2, 3, 16, 16]");
        }
    }
}
