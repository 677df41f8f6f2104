package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A gate that is told by the means of what it gates: y = residual + gate(mean(x)) * x, with x, residual and y [N, C, H, W], means and
 * gates [N, C, 1, 1]. It is {@link GlobalAveragePool} and {@link ChannelGate}; in bf16 the gradients that reach x by the mean and by
 * the product are formed in one pass over it, gate * dy + dmean / pixels.
 */
public final class MeanGate {
    private static final Kernel POOL = new Kernel("global_average_pool_forward");
    private static final Kernel GATE = new Kernel("channel_gate_forward");
    private static final Kernel BACKWARD_GATE = new Kernel("channel_gate_backward_gate");
    private static final Kernel BACKWARD_MEAN = new Kernel("channel_gate_backward_mean");

    private final Tape tape;
    private final Tensor x;
    private final long pixels;
    private @Nullable Buffer dy;
    private boolean kept;

    private MeanGate(Tape tape, Tensor x) {
        this.tape = tape;
        this.x = x;
        pixels = (long) x.shape().h() * x.shape().w();
    }

    /**
     * The gated x and the residual.
     *
     * @param gate makes gates of means; nothing else may be made of those
     * @param over write over the residual's memory where the tape keeps nothing, as {@link ChannelGate#onto}
     */
    public static Tensor apply(Tape tape, Tensor x, Tensor residual, boolean over, UnaryOperator<Tensor> gate) {
        if (tape.isRecording() && x.precision() == Precision.BF16) {
            return new MeanGate(tape, x).record(residual, mean -> fromMean(tape, x, gate.apply(mean)));
        }
        Tensor mean = GlobalAveragePool.apply(tape, x);
        Tensor gates = fromMean(tape, x, gate.apply(mean));
        tape.done(mean);
        Tensor y = over ? ChannelGate.onto(tape, x, gates, residual) : ChannelGate.apply(tape, x, gates, residual);
        tape.done(gates);
        return y;
    }

    private static Tensor fromMean(Tape tape, Tensor x, Tensor gate) {
        if (tape.isRecording() && x.needsGradient() && !gate.needsGradient()) {
            throw new IllegalArgumentException(
                    "mean_gate gate: want one made of the means, have one that no gradient flows through");
        }
        return gate;
    }

    private Tensor record(Tensor residual, UnaryOperator<Tensor> making) {
        Shape s = x.shape();
        Grid channels = Grid.cover(s.c(), (long) GlobalAveragePool.ROWS * s.n(), 1);
        Tensor mean = tape.plain(new Shape(s.n(), s.c(), 1, 1), x);
        tape.launch(POOL, channels, x.data(), mean.data(), s.n(), pixels, s.c());
        Tensor[] gates = new Tensor[1];
        tape.record(mean, dmean -> tape.contribute(x, (dx, accumulate) -> spread(gates[0], dmean, dx, accumulate)));
        Tensor gate = making.apply(mean);
        ChannelGate.check(x, gate, residual);
        gates[0] = gate;
        Tensor y = tape.result(s, x, gate, residual);
        tape.launch(
                GATE, Grid.cover(x.stored()), x.data(), gate.data(), residual.data(), y.data(), s.n(), pixels, s.c());
        tape.record(y, gradient -> {
            tape.contribute(
                    gate,
                    (dgate, accumulate) -> tape.launch(
                            BACKWARD_GATE, channels, gradient, x.data(), dgate, s.n(), pixels, s.c(), accumulate));
            dy = gradient;
            tape.pass(y, residual, (dr, accumulate) -> Add.backward(tape, gradient, dr, residual.stored(), accumulate));
            // passed on, it is not added to before the mean's turn, as only what makes the gate lies between
            kept = x.needsGradient() && tape.keep(y);
        });
        return y;
    }

    private void spread(Tensor gate, Buffer dmean, Buffer dx, int accumulate) {
        Shape s = x.shape();
        Grid all = Grid.cover(x.stored());
        Buffer product = Objects.requireNonNull(dy, "mean_gate: want a gradient of the product");
        tape.launch(BACKWARD_MEAN, all, product, gate.data(), dmean, dx, s.n(), pixels, s.c(), accumulate);
        if (kept) {
            tape.give(product);
        }
    }
}
