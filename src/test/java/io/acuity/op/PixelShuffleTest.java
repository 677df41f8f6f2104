package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class PixelShuffleTest {
    @EveryDevice
    void shufflesEveryFactor(Device device) {
        for (int r = 1; r <= 4; r++) {
            for (Shape s : new Shape[] {
                new Shape(1, r * r, 1, 1), new Shape(2, 3 * r * r, 5, 7), new Shape(1, 17 * r * r, 3, 4)
            }) {
                int factor = r;
                OpCheck.of(
                                "pixel_shuffle " + r + " " + s,
                                (tape, x, _) -> PixelShuffle.apply(tape, x.getFirst(), factor),
                                v -> Plain.shuffle(v.getFirst(), s, factor))
                        .input(s)
                        .on(device);
            }
        }
    }

    /** The example of PyTorch's documentation, written out: channel c r^2 + i r + j goes to row i, column j. */
    @EveryDevice
    void putsChannelsWherePyTorchDoes(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(1, 8, 1, 1));
            x.set(new float[] {0, 1, 2, 3, 4, 5, 6, 7});
            Tensor y = PixelShuffle.apply(tape, x, 2);
            assertThat(y.shape()).isEqualTo(new Shape(1, 2, 2, 2));
            assertThat(y.toArray()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        }
    }

    @EveryDevice
    void refusesChannelsThatDoNotDivide(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(1, 6, 1, 1));
            assertThatThrownBy(() -> PixelShuffle.apply(tape, x, 2))
                    .hasMessage("pixel_shuffle 2: want channels divisible by 4, have 6");
        }
    }
}
