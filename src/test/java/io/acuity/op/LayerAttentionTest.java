package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

class LayerAttentionTest {
    private record Case(Shape x, int layers) {}

    private static final List<Case> CASES = List.of(
            new Case(new Shape(1, 1, 1, 1), 1),
            new Case(new Shape(2, 6, 2, 3), 2),
            new Case(new Shape(1, 21, 3, 1), 7),
            new Case(new Shape(2, 33, 2, 2), 11),
            new Case(new Shape(1, 36, 1, 17), 2));

    @EveryDevice
    void weighsLayersByHowLittleTheyAreAlike(Device device) {
        for (Case c : CASES) {
            OpCheck.of(
                            "layer_attention " + c,
                            (tape, x, p) -> LayerAttention.apply(tape, x.getFirst(), p.getFirst(), c.layers()),
                            v -> PlainAttention.attendLayers(v.getFirst(), c.x().n(), c.layers(), v.get(1)[0]))
                    .input(c.x())
                    .parameter(1)
                    .on(device);
        }
    }

    /** More pixels than one part or run has: sums of products to the truth. */
    @EveryDevice
    void sumsOverTheWholeImage(Device device) {
        Shape s = new Shape(1, 6, 1, 700);
        OpCheck.of(
                        "layer_attention " + s,
                        (tape, x, p) -> LayerAttention.apply(tape, x.getFirst(), p.getFirst(), 3),
                        v -> PlainAttention.attendLayers(v.getFirst(), 1, 3, v.get(1)[0]))
                .input(s)
                .parameter(1)
                .tolerance(5e-6, 2e-4)
                .on(device);
    }

    /** Two layers without a common direction: energies 4 and 0, 0 and 1, so shares 1/(1+e^4) and 1/(1+e). */
    @EveryDevice
    void knownAnswer(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter gamma = set.declare("gamma", List.of(1), new float[] {1f});
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 2, 1, 2));
            x.set(new float[] {2, 0, 0, 1});
            float[] y = LayerAttention.apply(tape, x, gamma, 2).toArray();
            double alike = 1 / (1 + Math.exp(4));
            assertThat(y[0]).isCloseTo((float) (2 + alike * 2), offset(1e-6f));
            assertThat(y[1]).isCloseTo((float) (1 - alike), offset(1e-6f));
            assertThat(y[2]).isCloseTo((float) (2 * (1 - 1 / (1 + Math.E))), offset(1e-6f));
            assertThat(y[3]).isCloseTo((float) (1 + 1 / (1 + Math.E)), offset(1e-6f));
        }
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter gamma = set.declare("gamma", List.of(2), new float[2]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 6, 2, 2));
            assertThatThrownBy(() -> LayerAttention.apply(tape, x, gamma, 4))
                    .hasMessage("layer_attention: want channels divisible by 4 layers, have [1, 6, 2, 2]");
            assertThatThrownBy(() -> LayerAttention.apply(tape, x, gamma, 3))
                    .hasMessage("layer_attention gamma: want [1], have [2]");
        }
    }
}
