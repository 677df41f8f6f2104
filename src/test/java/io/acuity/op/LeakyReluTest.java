package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class LeakyReluTest {
    @EveryPrecision
    void shrinksTheNegative(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "leaky_relu " + s,
                            (tape, x, _) -> LeakyRelu.apply(tape, x.getFirst(), 0.2f),
                            v -> Plain.leakyRelu(v.getFirst(), 0.2f))
                    .input(s)
                    .on(device);
        }
    }

    @EveryPrecision
    void takesTheSlopeAtZero(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor x = tape.leaf(new Shape(1, 1, 1, 3));
            x.set(new float[] {0f, 2f, -2f});
            Tensor y = LeakyRelu.apply(tape, x, 0.25f);
            tape.backward(y, null);
            assertThat(y.toArray()).containsExactly(0f, 2f, -0.5f);
            assertThat(x.gradientArray()).containsExactly(0.25f, 1f, 0.25f);
        }
    }
}
