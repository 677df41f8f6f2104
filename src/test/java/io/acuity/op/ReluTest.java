package io.acuity.op;

import static io.acuity.tensor.Numbers.assertNear;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class ReluTest {
    @EveryPrecision(standIn = true)
    void keepsThePositive(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of("relu " + s, (tape, x, _) -> Relu.apply(tape, x.getFirst()), v -> Plain.relu(v.getFirst()))
                    .input(s)
                    .on(device);
        }
    }

    @EveryPrecision(standIn = true)
    void hasNoGradientAtZero(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor x = tape.leaf(new Shape(1, 1, 1, 4));
            x.set(new float[] {0f, -0f, 2f, -2f});
            Tensor y = Relu.apply(tape, x);
            tape.backward(y, null);
            assertNear("relu", y.toArray(), new double[] {0, 0, 2, 0}, 0);
            assertThat(x.gradientArray()).containsExactly(0f, 0f, 1f, 0f);
        }
    }
}
