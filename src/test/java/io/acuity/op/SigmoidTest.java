package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class SigmoidTest {
    @EveryDevice
    void squeezesIntoTheUnitInterval(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "sigmoid " + s,
                            (tape, x, _) -> Sigmoid.apply(tape, x.getFirst()),
                            v -> Plain.sigmoid(v.getFirst()))
                    .input(s)
                    .on(device);
        }
    }

    /** Neither overflow nor NaN far from zero; the known values 1/2 and 1/(1 + e^-1). */
    @EveryDevice
    void standsLargeNumbers(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor x = tape.leaf(new Shape(1, 1, 1, 5));
            x.set(new float[] {-1000f, 0f, 1000f, Float.NEGATIVE_INFINITY, 1f});
            Tensor y = Sigmoid.apply(tape, x);
            tape.backward(y, null);
            assertThat(y.toArray()).containsExactly(0f, 0.5f, 1f, 0f, 0.7310586f);
            assertThat(x.gradientArray()).startsWith(0f, 0.25f, 0f, 0f);
        }
    }
}
