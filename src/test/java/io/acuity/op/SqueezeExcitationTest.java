package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.CapturedLaunches;
import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.device.Precision;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class SqueezeExcitationTest {
    /** One pixel; one tile less than a pixel, in both directions more than one; more channels than are summed at once. */
    private static final List<Shape> SHAPES =
            List.of(new Shape(1, 8, 1, 1), new Shape(2, 6, 3, 5), new Shape(3, 5, 9, 17), new Shape(1, 68, 2, 3));

    private static final int FEW = 3;

    private static SqueezeExcitation.Weights weights(List<Parameter> p) {
        return new SqueezeExcitation.Weights(p.get(0), p.get(1), p.get(2), p.get(3));
    }

    private static double[] plain(double[] x, double[] residual, List<double[]> w, Shape s) {
        Shape means = new Shape(s.n(), s.c(), 1, 1);
        Shape fews = new Shape(s.n(), FEW, 1, 1);
        double[] few = Plain.relu(Plain.convolution(Plain.pool(x, s), means, w.get(0), w.get(1), FEW, 1));
        double[] gate = Plain.sigmoid(Plain.convolution(few, fews, w.get(2), w.get(3), s.c(), 1));
        return Plain.add(residual, Plain.gate(x, s, gate), 1);
    }

    private static OpCheck with(Shape s, OpCheck check) {
        return check.parameter(FEW, s.c(), 1, 1)
                .parameter(FEW)
                .parameter(s.c(), FEW, 1, 1)
                .parameter(s.c());
    }

    /** Without sums: one operation after the other. */
    @EveryPrecision
    void gatesByTheMean(Device device) {
        for (Shape s : SHAPES) {
            OpCheck check = OpCheck.of(
                            "squeeze_excitation " + s,
                            (tape, x, p) -> SqueezeExcitation.apply(
                                    tape, new Conv3x3.Summed(x.getFirst(), null), x.get(1), false, weights(p)),
                            v -> plain(v.getFirst(), v.get(1), v.subList(2, 6), s))
                    .input(s)
                    .input(s);
            with(s, check).tolerance(1e-6, 1e-4).on(device); // gradients of the reduction cancel to next to nothing
        }
    }

    /** With the sums of the convolution before, where there are some. */
    @EveryPrecision
    void gatesBySumsOfAConvolution(Device device) {
        for (Shape s : SHAPES) {
            OpCheck check = OpCheck.of(
                            "squeeze_excitation of a convolution " + s,
                            (tape, x, p) -> SqueezeExcitation.apply(
                                    tape,
                                    Conv3x3.summed(tape, x.getFirst(), p.get(4), p.get(5)),
                                    x.get(1),
                                    false,
                                    weights(p)),
                            v -> plain(
                                    Plain.convolution(v.getFirst(), s, v.get(6), v.get(7), s.c(), 3),
                                    v.get(1),
                                    v.subList(2, 6),
                                    s))
                    .input(s)
                    .input(s);
            with(s, check).parameter(s.c(), s.c(), 3, 3).parameter(s.c()).on(device);
        }
    }

    /** The residual's gradient is there already when the product's is passed to it. */
    @EveryPrecision
    void aResidualThatIsUsedAgain(Device device) {
        Shape s = new Shape(2, 5, 3, 4);
        OpCheck check = OpCheck.of(
                        "squeeze_excitation with a residual used again",
                        (tape, x, p) -> {
                            Tensor residual = Scale.apply(tape, x.get(1), 2f);
                            Conv3x3.Summed r = Conv3x3.summed(tape, x.getFirst(), p.get(4), p.get(5));
                            Tensor y = SqueezeExcitation.apply(tape, r, residual, false, weights(p));
                            return Add.apply(tape, y, residual);
                        },
                        v -> {
                            double[] residual = Plain.scale(v.get(1), 2);
                            double[] r = Plain.convolution(v.getFirst(), s, v.get(6), v.get(7), s.c(), 3);
                            return Plain.add(plain(r, residual, v.subList(2, 6), s), residual, 1);
                        })
                .input(s)
                .input(s);
        with(s, check).parameter(5, 5, 3, 3).parameter(5).on(device);
    }

    /** y used by a convolution and by something else, whose gradient comes before that of the convolution or after it. */
    private static Tensor usedTwice(Tape tape, Tensor y, List<Parameter> p, boolean convolutionLast) {
        Tensor scaled = convolutionLast ? null : Scale.apply(tape, y, 2f); // gradients come in the opposite order
        Tensor z = Conv3x3.apply(tape, y, p.get(6), p.get(7), Conv3x3.Epilogue.NONE);
        return Add.apply(tape, z, scaled == null ? Scale.apply(tape, y, 2f) : scaled);
    }

    /** The gates' gradients are right whether or not the convolution behind could leave their sums. */
    @EveryPrecision
    void takesSumsOfTheWholeGradientOnly(Device device) {
        for (boolean convolutionLast : new boolean[] {true, false}) {
            for (Shape s : List.of(new Shape(2, 5, 9, 17), new Shape(1, 8, 2, 3))) {
                OpCheck check = OpCheck.of(
                                "squeeze_excitation before a convolution " + s + ", its gradient last "
                                        + convolutionLast,
                                (tape, x, p) -> {
                                    Conv3x3.Summed r = Conv3x3.summed(tape, x.getFirst(), p.get(4), p.get(5));
                                    Tensor y = SqueezeExcitation.apply(tape, r, x.get(1), false, weights(p));
                                    return usedTwice(tape, y, p, convolutionLast);
                                },
                                v -> {
                                    double[] r = Plain.convolution(v.getFirst(), s, v.get(6), v.get(7), s.c(), 3);
                                    double[] y = plain(r, v.get(1), v.subList(2, 6), s);
                                    double[] z = Plain.convolution(y, s, v.get(8), v.get(9), s.c(), 3);
                                    return Plain.add(z, y, 2);
                                })
                        .input(s)
                        .input(s);
                with(s, check)
                        .parameter(s.c(), s.c(), 3, 3)
                        .parameter(s.c())
                        .parameter(s.c(), s.c(), 3, 3)
                        .parameter(s.c())
                        .on(device);
            }
        }
    }

    /** What one pass made: results; gradients of x, of the residual and of the parameters; and what was launched. */
    private record Pass(List<float[]> results, List<float[]> gradients, List<String> kernels) {}

    private static Pass pass(Shape s, boolean trains, UnaryOperator<Conv3x3.Summed> sums) {
        return pass(s, trains, sums, (_, y, _) -> y);
    }

    /** What comes behind. */
    private interface Behind {
        Tensor of(Tape tape, Tensor y, List<Parameter> parameters);
    }

    private static Pass pass(Shape s, boolean trains, UnaryOperator<Conv3x3.Summed> sums, Behind behind) {
        ParameterSet set = new ParameterSet();
        List<Parameter> p = new ArrayList<>();
        List<List<Integer>> sizes = List.of(
                List.of(FEW, s.c(), 1, 1),
                List.of(FEW),
                List.of(s.c(), FEW, 1, 1),
                List.of(s.c()),
                List.of(s.c(), s.c(), 3, 3),
                List.of(s.c()));
        for (List<Integer> size : sizes) {
            int count = size.stream().reduce(1, Math::multiplyExact);
            p.add(set.declare(
                    "p" + p.size(),
                    size,
                    Numbers.scaled(Numbers.uniform(count, 30 + p.size()), Math.sqrt(1.0 / s.c()))));
        }
        try (CapturedLaunches device = new CapturedLaunches(Device.open("emu", Precision.BF16));
                Tape tape = Tape.recording(Arena.poisoned(device))) {
            set.allocate(device);
            set.trains(trains);
            List<Tensor> leaves = new ArrayList<>();
            Tensor[] y = new Tensor[1];
            device.note(() -> {
                for (int i = 0; i < 2; i++) {
                    leaves.add(tape.leaf(s));
                    leaves.getLast().set(Numbers.uniform(s.elements(), 40 + i));
                }
                Conv3x3.Summed r = Conv3x3.summed(tape, leaves.getFirst(), p.get(4), p.get(5));
                Tensor gated = SqueezeExcitation.apply(tape, sums.apply(r), leaves.get(1), false, weights(p));
                y[0] = behind.of(tape, gated, p);
                Tensor seed = tape.inputLike(y[0]);
                seed.set(Numbers.uniform(s.elements(), 50));
                tape.backward(y[0], seed.data());
            });
            List<float[]> gradients = new ArrayList<>();
            leaves.forEach(leaf -> gradients.add(leaf.gradientArray()));
            p.forEach(parameter -> {
                float[] gradient = parameter.gradientArray();
                assertThat(gradient != null).isEqualTo(trains);
                if (gradient != null) {
                    gradients.add(gradient);
                }
            });
            Pass pass = new Pass(List.of(y[0].toArray()), gradients, device.kernels());
            set.close();
            return pass;
        }
    }

    private static void assertClose(String what, float[] have, float[] want, double tolerance) {
        Numbers.assertNear(what, have, Numbers.doubles(want), tolerance);
    }

    /** The same mathematics: sums in another order may round a stored number to its neighbour. */
    @Test
    void sumsOfAConvolutionAreThoseOfItsResult() {
        for (Shape s : SHAPES) {
            Pass together = pass(s, true, r -> r);
            Pass apart = pass(s, true, r -> new Conv3x3.Summed(r.y(), null));
            assertThat(together.kernels())
                    .contains("squeeze_excitation_forward", "squeeze_excitation_backward_weight")
                    .doesNotContain("global_average_pool_forward", "conv1x1_forward", "sigmoid_backward");
            assertThat(apart.kernels())
                    .contains("global_average_pool_forward")
                    .doesNotContain("squeeze_excitation_forward");
            assertClose("y " + s, together.results().getFirst(), apart.results().getFirst(), 1.0 / 256);
            assertCloseGradients(s, together, apart);
        }
    }

    /** Those of features are rounded to bf16, those of the attention's parameters are not. */
    private static void assertCloseGradients(Shape s, Pass have, Pass want) {
        for (int i = 0; i < want.gradients().size(); i++) {
            assertClose(
                    "gradient " + i + " " + s,
                    have.gradients().get(i),
                    want.gradients().get(i),
                    i < 2 || i > 5 ? 1.0 / 64 : 1e-4);
        }
    }

    /** A convolution behind leaves sums of the product that is the gates' gradient; what adds nothing to its result makes them void. */
    @Test
    void sumsOfTheGradientAreThoseOfAPassOverIt() {
        for (Shape s : SHAPES) {
            Behind convolution = (tape, y, p) -> Conv3x3.apply(tape, y, p.get(4), p.get(5), Conv3x3.Epilogue.NONE);
            Behind andNothing = (tape, y, p) -> {
                Tensor nothing = Scale.apply(tape, y, 0f); // first, so its gradient comes last
                return Add.apply(tape, convolution.of(tape, y, p), nothing);
            };
            Pass left = pass(s, true, r -> r, convolution);
            Pass passed = pass(s, true, r -> r, andNothing);
            assertThat(left.kernels())
                    .contains("conv3x3_backward_input_product")
                    .doesNotContain("channel_gate_backward_gate");
            assertThat(passed.kernels()).contains("conv3x3_backward_input_product", "channel_gate_backward_gate");
            assertThat(left.gradients().get(1))
                    .as("the whole gradient")
                    .isEqualTo(passed.gradients().get(1));
            assertCloseGradients(s, left, passed);
        }
    }

    @Test
    void formsNoGradientOfFrozenParameters() {
        Shape s = SHAPES.get(2);
        Pass frozen = pass(s, false, r -> r);
        Pass trained = pass(s, true, r -> r);
        assertThat(frozen.kernels()).doesNotContain("squeeze_excitation_backward_weight");
        assertThat(frozen.gradients()).hasSize(2);
        assertThat(frozen.gradients().get(0)).isEqualTo(trained.gradients().get(0));
        assertThat(frozen.gradients().get(1)).isEqualTo(trained.gradients().get(1));
    }

    @EveryPrecision
    void refusesWhatDoesNotFit(Device device) {
        ParameterSet set = new ParameterSet();
        List<Parameter> p = new ArrayList<>();
        for (List<Integer> size : List.of(List.of(2, 3, 1, 1), List.of(2), List.of(4, 2, 1, 1), List.of(3))) {
            p.add(set.declare("p" + p.size(), size, new float[size.stream().reduce(1, Math::multiplyExact)]));
        }
        set.allocate(device);
        try (Tape tape = Tape.recording(device)) {
            Tensor x = tape.input(new Shape(2, 3, 4, 4));
            Conv3x3.Summed summed = new Conv3x3.Summed(x, null);
            assertThatThrownBy(() -> SqueezeExcitation.apply(tape, summed, x, false, weights(p)))
                    .hasMessage("squeeze_excitation expand: want [3, 2, 1, 1], have [4, 2, 1, 1]");
            Tensor other = tape.input(new Shape(2, 3, 4, 5));
            assertThatThrownBy(() -> SqueezeExcitation.apply(tape, summed, other, false, weights(p)))
                    .hasMessage("channel_gate residual: want [2, 3, 4, 4], have [2, 3, 4, 5]");
        }
        set.close();
    }
}
