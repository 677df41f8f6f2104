package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class RowNormalizeTest {
    private static double[] normalized(double[] x, Shape s, double floor) {
        double[] y = new double[x.length];
        int plane = s.h() * s.w();
        for (int i = 0; i < x.length; i++) {
            double sum = 0;
            int first = i / (plane * s.c()) * plane * s.c() + i % plane;
            for (int c = 0; c < s.c(); c++) {
                sum += x[first + c * plane] * x[first + c * plane];
            }
            y[i] = x[i] / Math.max(Math.sqrt(sum), floor);
        }
        return y;
    }

    /** A floor below all lengths, and one above many. A single channel, whose gradient is rounding alone, is left out. */
    @EveryDevice
    void bringsPixelsToLengthOne(Device device) {
        for (Shape s : OddShapes.ALL.stream().filter(shape -> shape.c() > 1).toList()) {
            for (float floor : new float[] {5e-5f, 0.9f}) {
                OpCheck.of(
                                "row_normalize " + s + " floor " + floor,
                                (tape, x, _) -> RowNormalize.apply(tape, x.getFirst(), floor),
                                v -> normalized(v.getFirst(), s, floor))
                        .input(s)
                        .on(device);
            }
        }
    }

    @EveryDevice
    void leavesZerosAlone(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor x = tape.leaf(new Shape(1, 2, 1, 1));
            x.set(new float[2]);
            Tensor y = RowNormalize.apply(tape, x, 0.5f);
            tape.backward(y, null);
            assertThat(y.toArray()).containsExactly(0f, 0f);
            assertThat(x.gradientArray()).containsExactly(2f, 2f);
        }
    }
}
