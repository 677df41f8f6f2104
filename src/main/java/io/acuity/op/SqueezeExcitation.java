package io.acuity.op;

import static java.util.Objects.requireNonNull;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.tensor.Weight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Channel attention (Hu et al., arXiv 1709.01507; Zhang et al., arXiv 1807.02758, eq. 10) and a residual: y = residual + gate * x with
 * gate = sigmoid(W2 relu(W1 mean(x) + b1) + b2); x, residual and y [N, C, H, W], the mean of each channel over an image and the gates
 * [N, C, 1, 1].
 *
 * <p>Where the convolution that made x left sums of its pixels, in bf16, x is not read for the mean, and one kernel makes the gates of
 * them. The gates' gradients, sums of x times y's gradient, are wanted of who completes the latter ({@link Tape#wantProduct}). Else it
 * is {@link GlobalAveragePool}, {@link Conv1x1} and so on, one by one.
 */
public final class SqueezeExcitation {
    private static final Kernel FORWARD = new Kernel("squeeze_excitation_forward");
    private static final Kernel BACKWARD = new Kernel("squeeze_excitation_backward");
    private static final Kernel GATE = new Kernel("channel_gate_forward");
    private static final Kernel BACKWARD_GATE = new Kernel("channel_gate_backward_gate");
    private static final Kernel BACKWARD_MEAN = new Kernel("channel_gate_backward_mean");

    /**
     * What makes gates of means.
     *
     * @param reduce W1 [R, C, 1, 1]
     * @param reduceBias b1 [R]
     * @param expand W2 [C, R, 1, 1]
     * @param expandBias b2 [C]
     */
    public record Weights(Weight reduce, Weight reduceBias, Weight expand, Weight expandBias) {
        int few() {
            return reduce.dimensions().getFirst();
        }

        boolean trains() {
            return reduce.trains();
        }

        private void check(int channels) {
            int few = few();
            check("reduce", reduce, List.of(few, channels, 1, 1));
            check("reduce bias", reduceBias, List.of(few));
            check("expand", expand, List.of(channels, few, 1, 1));
            check("expand bias", expandBias, List.of(channels));
        }

        private static void check(String what, Weight weight, List<Integer> want) {
            if (!weight.dimensions().equals(want)) {
                throw new IllegalArgumentException(
                        "squeeze_excitation " + what + ": want " + want + ", have " + weight.dimensions());
            }
        }
    }

    private final Tape tape;
    private final Tensor x;
    private final Tensor residual;
    private final Weights weights;
    private final Buffer mean;
    private final Buffer hidden;
    private final Buffer gate;
    private final long pixels;
    private final int n;
    private final int channels;
    private final int few;

    private SqueezeExcitation(Tape tape, Tensor x, Tensor residual, Weights weights) {
        this.tape = tape;
        this.x = x;
        this.residual = residual;
        this.weights = weights;
        Shape s = x.shape();
        n = s.n();
        channels = s.c();
        few = weights.few();
        pixels = (long) s.h() * s.w();
        mean = statistic(channels);
        hidden = statistic(few);
        gate = statistic(channels);
    }

    /**
     * The gated x and the residual.
     *
     * @param over write over the residual's memory where the tape keeps nothing: it may then not be used again, and needs no {@link
     *     Tape#done}
     * @throws IllegalArgumentException if residual or weights do not fit x: wanted and given shape
     */
    public static Tensor apply(Tape tape, Conv3x3.Summed x, Tensor residual, boolean over, Weights weights) {
        Tensor y = x.y();
        ChannelGate.checkResidual(y, residual);
        weights.check(y.shape().c());
        Buffer sums = x.sums();
        return sums == null
                ? apart(tape, y, residual, over, weights)
                : new SqueezeExcitation(tape, y, residual, weights).together(sums, over);
    }

    private static Tensor apart(Tape tape, Tensor x, Tensor residual, boolean over, Weights weights) {
        Tensor mean = GlobalAveragePool.apply(tape, x);
        Tensor few = Conv1x1.apply(tape, mean, weights.reduce(), weights.reduceBias());
        tape.done(mean);
        Tensor active = Relu.apply(tape, few);
        tape.done(few);
        Tensor many = Conv1x1.apply(tape, active, weights.expand(), weights.expandBias());
        tape.done(active);
        Tensor gate = Sigmoid.apply(tape, many);
        tape.done(many);
        Tensor y = over ? ChannelGate.onto(tape, x, gate, residual) : ChannelGate.apply(tape, x, gate, residual);
        tape.done(gate);
        return y;
    }

    private Buffer statistic(int count) {
        return tape.take((long) n * count * Float.BYTES);
    }

    private Tensor together(Buffer sums, boolean over) {
        boolean trains = weights.trains(); // as it is going forward
        tape.launch(
                FORWARD,
                Grid.cover(n),
                sums,
                weights.reduce().values(),
                weights.reduceBias().values(),
                weights.expand().values(),
                weights.expandBias().values(),
                mean,
                hidden,
                gate,
                n,
                pixels,
                channels,
                few);
        tape.give(sums);
        Tensor y = over && !tape.isRecording()
                ? tape.overwritten(residual)
                : tape.layer(x.shape(), x, false, trains || x.needsGradient() || residual.needsGradient());
        tape.launch(GATE, Grid.cover(x.stored()), x.data(), gate, residual.data(), y.data(), n, pixels, channels);
        if (!tape.isRecording()) {
            List.of(mean, hidden, gate).forEach(tape::give);
        }
        if (trains || x.needsGradient()) {
            tape.wantProduct(y, x);
        }
        tape.record(y, dy -> backward(y, dy, trains));
        return y;
    }

    private void backward(Tensor y, Buffer dy, boolean trains) {
        if (trains || x.needsGradient()) {
            Buffer sums = tape.takeProduct(y);
            Buffer dgate = sums == null ? gateGradient(dy) : null;
            backward(dgate, sums, dy, trains);
            tape.give(sums == null ? requireNonNull(dgate) : sums);
        }
        tape.pass(y, residual, (dr, accumulate) -> Add.backward(tape, dy, dr, residual.stored(), accumulate));
    }

    /** By a pass over dy and x, where nobody left the sums. */
    private Buffer gateGradient(Buffer dy) {
        Buffer dgate = statistic(channels);
        Grid items = Grid.cover(channels, (long) GlobalAveragePool.ROWS * n, 1);
        tape.launch(BACKWARD_GATE, items, dy, x.data(), dgate, n, pixels, channels, 0);
        return dgate;
    }

    private void backward(@Nullable Buffer dgate, @Nullable Buffer sums, Buffer dy, boolean trains) {
        Buffer dexpand = statistic(channels);
        Buffer dreduce = statistic(few);
        Buffer dmean = statistic(channels);
        tape.launch(
                BACKWARD,
                Grid.cover(n),
                dgate,
                sums,
                weights.reduce().values(),
                weights.expand().values(),
                hidden,
                gate,
                dexpand,
                dreduce,
                dmean,
                n,
                channels,
                few);
        if (trains) {
            backwardWeights(dexpand, dreduce);
        } else {
            tape.give(dexpand);
            tape.give(dreduce);
        }
        tape.contribute(
                x,
                (dx, accumulate) -> tape.launch(
                        BACKWARD_MEAN, Grid.cover(x.stored()), dy, gate, dmean, dx, n, pixels, channels, accumulate));
        tape.give(dmean);
    }

    private void backwardWeights(Buffer dexpand, Buffer dreduce) {
        SqueezeExcitationGradients.Sizes sizes = new SqueezeExcitationGradients.Sizes(n, channels, few);
        weights.reduce().contribute(tape, (dw, accumulate) -> {
            SqueezeExcitationGradients.Layer layer = new SqueezeExcitationGradients.Layer(
                    mean,
                    hidden,
                    dexpand,
                    dreduce,
                    dw,
                    gradient(weights.reduceBias(), accumulate),
                    gradient(weights.expand(), accumulate),
                    gradient(weights.expandBias(), accumulate));
            SqueezeExcitationGradients.form(tape, sizes, layer, accumulate);
        });
    }

    /** All four are used alike, as a bias with its weight. */
    private Buffer gradient(Weight weight, int accumulate) {
        return Convolution.biasGradient(tape, weight, accumulate);
    }
}
