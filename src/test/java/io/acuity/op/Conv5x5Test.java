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

class Conv5x5Test {
    /** Room for a Winograd form, as with 3x3. */
    private static final double TOLERANCE = 3e-5;

    private record Case(Shape x, int out, int shuffle) {}

    private static final List<Case> CASES = List.of(
            new Case(new Shape(1, 1, 1, 1), 1, 1),
            new Case(new Shape(2, 3, 1, 7), 16, 1),
            new Case(new Shape(1, 16, 5, 3), 4, 2),
            new Case(new Shape(1, 17, 4, 4), 17, 1),
            new Case(new Shape(1, 5, 7, 9), 27, 3),
            new Case(new Shape(2, 3, 8, 5), 48, 4),
            new Case(new Shape(1, 1, 13, 3), 3, 1),
            new Case(new Shape(1, 64, 6, 7), 48, 4),
            new Case(new Shape(1, 64, 5, 9), 12, 2));

    @EveryPrecision
    void convolvesEveryShape(Device device) {
        for (Case c : CASES) {
            Shape s = c.x();
            OpCheck.of(
                            "conv5x5 " + c,
                            (tape, x, p) -> Conv5x5.apply(tape, x.getFirst(), p.getFirst(), p.get(1), c.shuffle()),
                            v -> Plain.shuffle(
                                    Plain.convolution(v.getFirst(), s, v.get(1), v.get(2), c.out(), 5),
                                    new Shape(s.n(), c.out(), s.h(), s.w()),
                                    c.shuffle()))
                    .input(s)
                    .parameter(c.out(), s.c(), 5, 5)
                    .parameter(c.out())
                    .tolerance(TOLERANCE, TOLERANCE)
                    .on(device);
        }
    }

    @EveryPrecision
    void worksWithoutBias(Device device) {
        Shape s = new Shape(1, 3, 6, 5);
        OpCheck.of(
                        "without bias",
                        (tape, x, p) -> Conv5x5.apply(tape, x.getFirst(), p.getFirst(), null, 1),
                        v -> Plain.convolution(v.getFirst(), s, v.get(1), new double[0], 8, 5))
                .input(s)
                .parameter(8, 3, 5, 5)
                .tolerance(TOLERANCE, TOLERANCE)
                .on(device);
    }

    @EveryPrecision
    void masksThroughARectifiedInput(Device device) {
        Shape s = new Shape(1, 3, 5, 6);
        Shape hidden = new Shape(1, 17, 5, 6);
        OpCheck.of(
                        "masked",
                        (tape, x, p) -> {
                            Tensor h = Conv3x3.apply(tape, x.getFirst(), p.getFirst(), p.get(1), Conv3x3.Epilogue.RELU);
                            return Conv5x5.apply(tape, h, p.get(2), p.get(3), 2);
                        },
                        v -> {
                            double[] h = Plain.relu(Plain.convolution(v.getFirst(), s, v.get(1), v.get(2), 17, 3));
                            double[] y = Plain.convolution(h, hidden, v.get(3), v.get(4), 12, 5);
                            return Plain.shuffle(y, new Shape(1, 12, 5, 6), 2);
                        })
                .input(s)
                .parameter(17, 3, 3, 3)
                .parameter(17)
                .parameter(12, 17, 5, 5)
                .parameter(12)
                .tolerance(TOLERANCE, TOLERANCE)
                .on(device);
    }

    @EveryPrecision
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(6, 1, 3, 3), new float[54]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 1, 4, 4));
            assertThatThrownBy(() -> Conv5x5.apply(tape, x, weight, null, 1))
                    .hasMessage("conv5x5 weight: want [6, 1, 5, 5], have [6, 1, 3, 3]");
        }
    }
}
