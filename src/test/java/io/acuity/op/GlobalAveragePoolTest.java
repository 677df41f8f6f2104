package io.acuity.op;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.uniform;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class GlobalAveragePoolTest {
    @EveryPrecision
    void averagesEachChannel(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "global_average_pool " + s,
                            (tape, x, _) -> GlobalAveragePool.apply(tape, x.getFirst()),
                            v -> Plain.pool(v.getFirst(), s))
                    .input(s)
                    .on(device);
        }
    }

    /** A mean far from zero, over more pixels than one part or run holds. */
    @EveryDevice
    void averagesManyPixelsClosely(Device device) {
        Shape s = new Shape(2, 3, 61, 67);
        float[] values = uniform(s.elements(), 1);
        double[] far = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] += 3;
            far[i] = values[i];
        }
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(s);
            x.set(values);
            assertNear("global_average_pool", GlobalAveragePool.apply(tape, x).toArray(), Plain.pool(far, s), 5e-7);
        }
    }
}
