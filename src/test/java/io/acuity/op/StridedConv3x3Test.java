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

class StridedConv3x3Test {
    /** Winograd's transforms cost less than a digit. */
    private static final double TOLERANCE = 1e-5;

    private record Case(Shape x, int out) {}

    /** Odd and even sides, tiles of 6 pixels with some more and less; channels around 16 and 64. */
    private static final List<Case> CASES = List.of(
            new Case(new Shape(1, 1, 1, 1), 1),
            new Case(new Shape(1, 3, 1, 2), 16),
            new Case(new Shape(2, 16, 5, 3), 3),
            new Case(new Shape(1, 16, 6, 6), 16),
            new Case(new Shape(1, 17, 7, 5), 1),
            new Case(new Shape(2, 3, 8, 9), 17),
            new Case(new Shape(1, 17, 7, 13), 16),
            new Case(new Shape(3, 1, 2, 2), 3),
            new Case(new Shape(1, 4, 17, 1), 8),
            new Case(new Shape(1, 3, 12, 18), 65),
            new Case(new Shape(1, 65, 11, 12), 3),
            new Case(new Shape(2, 64, 9, 6), 64));

    /** The output at every second pixel of the convolution of stride 1. */
    static double[] plain(double[] x, Shape s, double[] weight, int out) {
        double[] dense = Plain.convolution(x, s, weight, new double[0], out, 3);
        Shape ds = new Shape(s.n(), out, s.h(), s.w());
        Shape ys = new Shape(s.n(), out, (s.h() + 1) / 2, (s.w() + 1) / 2);
        double[] y = new double[Math.toIntExact(ys.elements())];
        for (int n = 0; n < ys.n(); n++) {
            for (int o = 0; o < out; o++) {
                for (int h = 0; h < ys.h(); h++) {
                    for (int w = 0; w < ys.w(); w++) {
                        y[Plain.at(ys, n, o, h, w)] = dense[Plain.at(ds, n, o, 2 * h, 2 * w)];
                    }
                }
            }
        }
        return y;
    }

    @EveryPrecision
    void convolvesEveryShape(Device device) {
        for (Case c : CASES) {
            OpCheck.of(
                            "strided_conv3x3 " + c,
                            (tape, x, p) -> StridedConv3x3.apply(tape, x.getFirst(), p.getFirst()),
                            v -> plain(v.getFirst(), c.x(), v.get(1), c.out()))
                    .input(c.x())
                    .parameter(c.out(), c.x().c(), 3, 3)
                    .tolerance(TOLERANCE, TOLERANCE)
                    .on(device);
        }
    }

    @EveryPrecision
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(6, 1, 3, 3), new float[54]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 3, 4, 4));
            assertThatThrownBy(() -> StridedConv3x3.apply(tape, x, weight))
                    .hasMessage("strided_conv3x3 weight: want [6, 3, 3, 3], have [6, 1, 3, 3]");
        }
    }
}
