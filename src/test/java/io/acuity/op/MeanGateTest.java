package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class MeanGateTest {
    private static double[] plain(double[] x, double[] residual, Shape s) {
        return Plain.add(residual, Plain.gate(x, s, Plain.scale(Plain.pool(x, s), 3)), 1);
    }

    /** Gradients of x by the product and by the mean, and of the residual. */
    @EveryPrecision
    void gatesByTheMean(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "mean_gate " + s,
                            (tape, x, _) -> MeanGate.apply(
                                    tape, x.getFirst(), x.get(1), false, mean -> Scale.apply(tape, mean, 3f)),
                            v -> plain(v.getFirst(), v.get(1), s))
                    .input(s)
                    .input(s)
                    .on(device);
        }
    }

    /** The residual's gradient is there already when the product's is passed to it. */
    @EveryPrecision
    void aResidualThatIsUsedAgain(Device device) {
        Shape s = new Shape(2, 5, 3, 4);
        OpCheck.of(
                        "mean_gate with a residual used again",
                        (tape, x, _) -> {
                            Tensor residual = Scale.apply(tape, x.get(1), 2f);
                            Tensor y = MeanGate.apply(
                                    tape, x.getFirst(), residual, false, mean -> Scale.apply(tape, mean, 3f));
                            return Add.apply(tape, y, residual);
                        },
                        v -> {
                            double[] residual = Plain.scale(v.get(1), 2);
                            return Plain.add(plain(v.getFirst(), residual, s), residual, 1);
                        })
                .input(s)
                .input(s)
                .on(device);
    }

    @EveryPrecision
    void refusesWhatDoesNotFit(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor x = tape.input(new Shape(2, 3, 4, 4));
            assertThatThrownBy(() -> MeanGate.apply(tape, x, x, false, mean -> x))
                    .hasMessage("channel_gate gate: want [2, 3, 1, 1], have [2, 3, 4, 4]");
            Tensor leaf = tape.leaf(new Shape(2, 3, 4, 4));
            assertThatThrownBy(() -> MeanGate.apply(tape, leaf, x, false, Tensor::detach))
                    .hasMessage("mean_gate gate: want one made of the means, have one that no gradient flows through");
        }
    }
}
