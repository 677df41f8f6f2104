package io.acuity.op;

import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** y = residual + gate * x: x, residual and y [N, C, H, W], gate [N, C, 1, 1], a statistic and so fp32 on every device. */
public final class ChannelGate {
    private static final Kernel FORWARD = new Kernel("channel_gate_forward");
    private static final Kernel BACKWARD_INPUT = new Kernel("channel_gate_backward_input");
    private static final Kernel BACKWARD_GATE = new Kernel("channel_gate_backward_gate");

    private ChannelGate() {}

    /**
     * The product, and the residual if there is one.
     *
     * @throws IllegalArgumentException if gate or residual does not fit x: wanted and given shape
     */
    public static Tensor apply(Tape tape, Tensor x, Tensor gate, @Nullable Tensor residual) {
        Tensor y = residual == null ? tape.result(x.shape(), x, gate) : tape.result(x.shape(), x, gate, residual);
        return run(tape, x, gate, residual, y);
    }

    /**
     * The same, written over the residual's memory when the tape keeps nothing; the residual may not be used again, and needs
     * no {@link Tape#done}.
     */
    public static Tensor onto(Tape tape, Tensor x, Tensor gate, Tensor residual) {
        return tape.isRecording()
                ? apply(tape, x, gate, residual)
                : run(tape, x, gate, residual, tape.overwritten(residual));
    }

    private static void check(Tensor x, Tensor gate, @Nullable Tensor residual) {
        Shape s = x.shape();
        Shape want = new Shape(s.n(), s.c(), 1, 1);
        if (!gate.shape().equals(want)) {
            throw new IllegalArgumentException("channel_gate gate: want " + want + ", have " + gate.shape());
        }
        if (residual != null) {
            checkResidual(x, residual);
        }
    }

    static void checkResidual(Tensor x, Tensor residual) {
        if (!residual.shape().equals(x.shape())) {
            throw new IllegalArgumentException(
                    "channel_gate residual: want " + x.shape() + ", have " + residual.shape());
        }
    }

    private static Tensor run(Tape tape, Tensor x, Tensor gate, @Nullable Tensor residual, Tensor y) {
        Shape s = x.shape();
        check(x, gate, residual);
        long pixels = (long) s.h() * s.w();
        tape.launch(
                FORWARD,
                Grid.cover(x.stored()),
                x.data(),
                gate.data(),
                residual == null ? null : residual.data(),
                y.data(),
                s.n(),
                pixels,
                s.c());
        tape.record(y, dy -> {
            tape.contribute(
                    gate,
                    (dgate, accumulate) -> tape.launch(
                            BACKWARD_GATE,
                            Grid.cover(s.c(), (long) GlobalAveragePool.ROWS * s.n(), 1),
                            dy,
                            x.data(),
                            dgate,
                            s.n(),
                            pixels,
                            s.c(),
                            accumulate));
            tape.contribute(
                    x,
                    (dx, accumulate) -> tape.launch(
                            BACKWARD_INPUT,
                            Grid.cover(x.stored()),
                            dy,
                            gate.data(),
                            dx,
                            s.n(),
                            pixels,
                            s.c(),
                            accumulate));
            if (residual != null) {
                tape.pass(y, residual, (dr, accumulate) -> Add.backward(tape, dy, dr, residual.stored(), accumulate));
            }
        });
        return y;
    }
}
