package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import java.util.List;

class MeanShiftTest {
    @EveryDevice
    void addsAColour(Device device) {
        for (Shape s : List.of(new Shape(1, 3, 1, 1), new Shape(2, 3, 5, 7), new Shape(1, 3, 1, 257))) {
            OpCheck.of(
                            "mean_shift " + s,
                            (tape, x, _) -> MeanShift.apply(tape, x.getFirst(), 0.5f, -0.25f, 2f),
                            v -> Plain.shift(v.getFirst(), s, 0.5, -0.25, 2))
                    .input(s)
                    .on(device);
        }
    }

    @EveryDevice
    void refusesOtherThanColour(Device device) {
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(() -> MeanShift.apply(tape, tape.input(new Shape(1, 4, 2, 2)), 0, 0, 0))
                    .hasMessage("mean_shift: want [N, 3, H, W], have [1, 4, 2, 2]");
        }
    }
}
