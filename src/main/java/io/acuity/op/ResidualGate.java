package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;

/** y = x + gamma * gate * x, element by element: x, gate and y of one shape, gamma [1]. */
public final class ResidualGate {
    private static final Kernel FORWARD = new Kernel("residual_gate_forward");
    private static final Kernel BACKWARD_INPUT = new Kernel("residual_gate_backward_input");
    private static final Kernel BACKWARD_GATE = new Kernel("residual_gate_backward_gate");
    private static final Kernel BACKWARD_GAMMA = new Kernel("residual_gate_backward_gamma");
    private static final Kernel REDUCE = new Kernel("residual_gate_reduce");

    /** Equal ranges whose sums are added in order, and threads of a block that sums one. */
    private static final int PARTS = 256;

    private ResidualGate() {}

    /**
     * x, raised by its gate.
     *
     * @throws IllegalArgumentException unless x and gate have one shape and gamma is one number
     */
    public static Tensor apply(Tape tape, Tensor x, Tensor gate, Weight gamma) {
        if (!gate.shape().equals(x.shape())) {
            throw new IllegalArgumentException("residual_gate gate: want " + x.shape() + ", have " + gate.shape());
        }
        if (!gamma.dimensions().equals(List.of(1))) {
            throw new IllegalArgumentException("residual_gate gamma: want [1], have " + gamma.dimensions());
        }
        long count = x.shape().elements();
        Grid all = Grid.cover(count);
        boolean trains = gamma.trains() || x.needsGradient() || gate.needsGradient();
        Tensor y = tape.layer(x.shape(), x, false, trains);
        tape.launch(FORWARD, all, x.data(), gate.data(), gamma.values(), y.data(), count);
        tape.record(y, dy -> {
            if (gamma.trains()) {
                gamma.contribute(tape, (dgamma, accumulate) -> {
                    Buffer partial = tape.take((long) PARTS * Float.BYTES);
                    Grid parts = Grid.cover((long) PARTS * PARTS);
                    tape.launch(BACKWARD_GAMMA, parts, dy, x.data(), gate.data(), partial, count);
                    tape.launch(REDUCE, Grid.cover(1), partial, dgamma, accumulate);
                    tape.give(partial);
                });
            }
            tape.contribute(
                    gate,
                    (dgate, accumulate) ->
                            tape.launch(BACKWARD_GATE, all, dy, x.data(), gamma.values(), dgate, count, accumulate));
            tape.contribute(
                    x,
                    (dx, accumulate) ->
                            tape.launch(BACKWARD_INPUT, all, dy, gate.data(), gamma.values(), dx, count, accumulate));
        });
        return y;
    }
}
