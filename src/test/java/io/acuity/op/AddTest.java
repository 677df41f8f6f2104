package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;

class AddTest {
    @EveryPrecision
    void addsTwo(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "add " + s,
                            (tape, x, _) -> Add.apply(tape, x.getFirst(), x.get(1)),
                            v -> Plain.add(v.getFirst(), v.get(1), 1))
                    .input(s)
                    .input(s)
                    .on(device);
        }
    }

    @EveryPrecision
    void addsATensorToItself(Device device) {
        Shape s = new Shape(1, 3, 5, 7);
        OpCheck.of(
                        "x + x",
                        (tape, x, _) -> Add.apply(tape, x.getFirst(), x.getFirst()),
                        v -> Plain.scale(v.getFirst(), 2))
                .input(s)
                .on(device);
    }

    @EveryPrecision
    void refusesTwoShapes(Device device) {
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(
                            () -> Add.apply(tape, tape.input(new Shape(1, 1, 2, 3)), tape.input(new Shape(1, 1, 3, 2))))
                    .hasMessage("add: want two of one shape, have [1, 1, 2, 3] and [1, 1, 3, 2]");
        }
    }
}
