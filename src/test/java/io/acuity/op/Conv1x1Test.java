package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

class Conv1x1Test {
    private record Case(Shape x, int out) {}

    private static final List<Case> CASES = List.of(
            new Case(new Shape(1, 1, 1, 1), 1),
            new Case(new Shape(2, 3, 1, 7), 16),
            new Case(new Shape(1, 16, 5, 3), 3),
            new Case(new Shape(1, 17, 7, 11), 17),
            new Case(new Shape(1, 64, 1, 1), 4),
            new Case(new Shape(1, 4, 1, 1), 64),
            new Case(new Shape(3, 72, 4, 4), 1),
            new Case(new Shape(1, 64, 8, 9), 64));

    @EveryPrecision
    void convolvesEveryShape(Device device) {
        for (Case c : CASES) {
            Shape s = c.x();
            OpCheck.of(
                            "conv1x1 " + c,
                            (tape, x, p) -> Conv1x1.apply(tape, x.getFirst(), p.getFirst(), p.get(1)),
                            v -> Plain.convolution(v.getFirst(), s, v.get(1), v.get(2), c.out(), 1))
                    .input(s)
                    .parameter(c.out(), s.c(), 1, 1)
                    .parameter(c.out())
                    .on(device);
        }
    }

    @EveryPrecision
    void worksWithoutBias(Device device) {
        Shape s = new Shape(2, 5, 3, 4);
        OpCheck.of(
                        "without bias",
                        (tape, x, p) -> Conv1x1.apply(tape, x.getFirst(), p.getFirst(), null),
                        v -> Plain.convolution(v.getFirst(), s, v.get(1), new double[0], 7, 1))
                .input(s)
                .parameter(7, 5, 1, 1)
                .on(device);
    }

    @EveryPrecision
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(6, 1, 1, 1), new float[6]);
            Parameter bias = set.declare("b", List.of(5), new float[5]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 3, 4, 4));
            Tensor fits = tape.input(new Shape(1, 1, 4, 4));
            assertThatThrownBy(() -> Conv1x1.apply(tape, x, weight, null))
                    .hasMessage("conv1x1 weight: want [6, 3, 1, 1], have [6, 1, 1, 1]");
            assertThatThrownBy(() -> Conv1x1.apply(tape, fits, weight, bias))
                    .hasMessage("conv1x1 bias: want [6], have [5]");
        }
    }
}
