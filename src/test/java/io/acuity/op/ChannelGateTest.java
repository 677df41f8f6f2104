package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class ChannelGateTest {
    @EveryPrecision
    void scalesEachChannel(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "channel_gate " + s,
                            (tape, x, _) -> ChannelGate.apply(tape, x.getFirst(), x.get(1), null),
                            v -> Plain.gate(v.getFirst(), s, v.get(1)))
                    .input(s)
                    .fp32(new Shape(s.n(), s.c(), 1, 1))
                    .on(device);
            OpCheck.of(
                            "channel_gate with residual " + s,
                            (tape, x, _) -> ChannelGate.apply(tape, x.getFirst(), x.get(1), x.get(2)),
                            v -> Plain.add(v.get(2), Plain.gate(v.getFirst(), s, v.get(1)), 1))
                    .input(s)
                    .fp32(new Shape(s.n(), s.c(), 1, 1))
                    .input(s)
                    .on(device);
        }
    }

    /** Gate and residual made from the gated tensor itself, as in a network: gradients of all three ways add up. */
    @EveryPrecision
    void addsTheGradientsOfAllWays(Device device) {
        Shape s = new Shape(2, 5, 3, 4);
        OpCheck.of(
                        "gated by its own mean",
                        (tape, x, _) -> {
                            Tensor r = Scale.apply(tape, x.getFirst(), 2f);
                            return ChannelGate.onto(
                                    tape, r, GlobalAveragePool.apply(tape, r), Scale.apply(tape, x.getFirst(), 3f));
                        },
                        v -> {
                            double[] r = Plain.scale(v.getFirst(), 2);
                            return Plain.add(Plain.scale(v.getFirst(), 3), Plain.gate(r, s, Plain.pool(r, s)), 1);
                        })
                .input(s)
                .on(device);
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(2, 3, 4, 4));
            Tensor gate = tape.input(new Shape(2, 3, 1, 1));
            assertThatThrownBy(() -> ChannelGate.apply(tape, x, tape.input(new Shape(1, 3, 1, 1)), null))
                    .hasMessage("channel_gate gate: want [2, 3, 1, 1], have [1, 3, 1, 1]");
            assertThatThrownBy(() -> ChannelGate.apply(tape, x, gate, gate))
                    .hasMessage("channel_gate residual: want [2, 3, 4, 4], have [2, 3, 1, 1]");
        }
    }
}
