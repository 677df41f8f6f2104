package io.acuity.op;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;

class ScaleTest {
    @EveryPrecision
    void multiplies(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "scale " + s,
                            (tape, x, _) -> Scale.apply(tape, x.getFirst(), -0.3f),
                            v -> Plain.scale(v.getFirst(), -0.3f))
                    .input(s)
                    .on(device);
        }
    }
}
