package io.acuity.op;

import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.scaled;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.junit.jupiter.api.Test;

class DualContrastiveLossTest {
    private static final double[] REAL = {1, 0, -0.5};
    private static final double[] FAKE = {0.25, -1};
    private static final double LOSS = 2.086764151412146;

    private static Tensor logits(Tape tape, float... values) {
        Tensor tensor = tape.leaf(new Shape(1, 1, 1, values.length));
        tensor.set(values);
        return tensor;
    }

    @Test
    void theDefinitionGivesTheKnownAnswer() {
        assertThat(PlainContrast.dual(REAL, FAKE)).isCloseTo(LOSS, within(1e-10));
    }

    @EveryDevice
    void givesTheKnownAnswer(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor loss = DualContrastiveLoss.apply(tape, logits(tape, 1, 0, -0.5f), logits(tape, 0.25f, -1));
            assertThat(loss.item()).isCloseTo((float) LOSS, within(1e-5f));
        }
    }

    /** A batch of 16 with 16 patches each; with four sets of each kind. */
    @EveryDevice
    void startsAtTheLogarithmOfTheNumbers(Device device) {
        try (Tape tape = Tape.inference(device)) {
            for (int count : new int[] {256, 1024}) {
                Tensor loss =
                        DualContrastiveLoss.apply(tape, logits(tape, new float[count]), logits(tape, new float[count]));
                assertThat((double) loss.item()).isCloseTo(2 * Math.log(1 + count), within(1e-5));
            }
        }
    }

    @EveryDevice
    void agreesWithTheDefinition(Device device) {
        for (int[] counts : new int[][] {{1, 1}, {3, 2}, {255, 257}, {1, 300}, {513, 4}}) {
            OpCheck.of(
                            "dual_contrastive_loss " + counts[0] + " " + counts[1],
                            (tape, x, _) -> DualContrastiveLoss.apply(tape, x.getFirst(), x.getLast()),
                            v -> new double[] {PlainContrast.dual(v.getFirst(), v.getLast())})
                    .input(new Shape(1, 1, 1, counts[0]), scaled(uniform(counts[0], 1), 2))
                    .input(new Shape(counts[1], 1, 1, 1), scaled(uniform(counts[1], 2), 2))
                    .tolerance(1e-6, 1e-5)
                    .on(device);
        }
    }

    /** Far beyond what an exponential can hold, on the right side and on the wrong one. */
    @EveryDevice
    void largeLogitsDoNotOverflow(Device device) {
        for (float sign : new float[] {1, -1}) {
            float[] real = {3000 * sign, 1000 * sign};
            float[] fake = {-2000 * sign, -500 * sign, -1000 * sign};
            double want = PlainContrast.dual(doubles(real), doubles(fake));
            try (Tape tape = Tape.recording(device)) {
                Tensor r = logits(tape, real);
                Tensor f = logits(tape, fake);
                Tensor loss = DualContrastiveLoss.apply(tape, r, f);
                tape.backward(loss);
                assertThat((double) loss.item()).isCloseTo(want, within(1e-6 * Math.max(1, want)));
                float[] reals = r.gradientArray();
                float[] fakes = f.gradientArray();
                if (sign > 0) {
                    assertThat(largest(reals)).isZero();
                    assertThat(largest(fakes)).isZero();
                } else { // each logit by itself, and the one that leads its side once more
                    assertThat(reals).containsExactly(-1.5f, -0.5f);
                    assertThat(fakes[0]).isCloseTo(4f / 3, within(1e-6f));
                    assertThat(fakes[1]).isCloseTo(1f / 3, within(1e-6f));
                }
            }
        }
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float v : values) {
            largest = Math.max(largest, Math.abs(v));
        }
        return largest;
    }

    @EveryDevice
    void differentiatesOneSideAlone(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor real = logits(tape, 1, 0, -0.5f);
            Tensor fake = logits(tape, 0.25f, -1);
            tape.backward(DualContrastiveLoss.apply(tape, real.detach(), fake));
            assertThat(real.gradient()).isNull();
            assertThat(fake.gradientArray()[0]).isPositive();
        }
    }
}
