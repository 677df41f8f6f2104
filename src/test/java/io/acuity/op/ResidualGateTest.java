package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

class ResidualGateTest {
    private static double[] gated(double[] x, double[] gate, double gamma) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i] + gamma * gate[i] * x[i];
        }
        return y;
    }

    @EveryDevice
    void raisesEachNumberByItsGate(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "residual_gate " + s,
                            (tape, x, p) -> ResidualGate.apply(tape, x.getFirst(), x.get(1), p.getFirst()),
                            v -> gated(v.getFirst(), v.get(1), v.get(2)[0]))
                    .input(s)
                    .input(s)
                    .parameter(1)
                    .on(device);
        }
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter gamma = set.declare("gamma", List.of(2), new float[2]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 6, 2, 2));
            assertThatThrownBy(() -> ResidualGate.apply(tape, x, tape.input(new Shape(1, 6, 1, 1)), gamma))
                    .hasMessage("residual_gate gate: want [1, 6, 2, 2], have [1, 6, 1, 1]");
            assertThatThrownBy(() -> ResidualGate.apply(tape, x, x, gamma))
                    .hasMessage("residual_gate gamma: want [1], have [2]");
        }
    }
}
