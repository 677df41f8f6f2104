package io.acuity.op;

import static io.acuity.tensor.Numbers.assertGradient;
import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.roundedToBf16;
import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.acuity.device.Device;
import io.acuity.device.GuardedDevice;
import io.acuity.device.Precision;
import io.acuity.op.Region.Rectangle;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A tail and its loss formed at once: by definition, and with the bits of the operations one after the other. */
class TailLossTest {
    private static final TailLoss.Colours UNIT = new TailLoss.Colours(1f, 0.45f, 0.25f, -0.5f);
    private static final TailLoss.Colours BYTES = new TailLoss.Colours(1 / 255f, 0.45f, 0.25f, -0.5f);

    /** What goes in, NCHW: features, weight, bias, the four strips, target. */
    private record Inputs(Shape x, int r, List<float[]> values) {
        static Inputs of(Shape x, int r) {
            Shape picture = new Shape(x.n(), 3, x.h() * r, x.w() * r);
            Inputs inputs = new Inputs(x, r, new ArrayList<>());
            inputs.values.add(roundedToBf16(uniform(x.elements(), 1)));
            inputs.values.add(roundedToBf16(uniform(75L * r * r * x.c(), 2)));
            inputs.values.add(uniform(3L * r * r, 3));
            for (int k = 0; k < 4; k++) {
                inputs.values.add(uniform(inputs.strip(k).elements(), 4 + k));
            }
            inputs.values.add(uniform(picture.elements(), 8));
            return inputs;
        }

        Shape picture() {
            return new Shape(x.n(), 3, x.h() * r, x.w() * r);
        }

        Shape strip(int side) {
            return side < 2 ? new Shape(x.n(), 3, 3 * r, x.w() * r) : new Shape(x.n(), 3, x.h() * r, 3 * r);
        }

        /** What is taken of a strip, and where it goes. */
        Rectangle part(int side) {
            return side < 2
                    ? new Rectangle(side == 0 ? 0 : 2 * r, 0, r, x.w() * r)
                    : new Rectangle(r, side == 2 ? 0 : 2 * r, (x.h() - 2) * r, r);
        }

        int top(int side) {
            return side == 0 ? 0 : side == 1 ? (x.h() - 1) * r : r;
        }

        int left(int side) {
            return side == 3 ? (x.w() - 1) * r : 0;
        }
    }

    /** What comes out: picture, if wanted; gradients of the picture, features, weight, bias and strips. */
    private record Outcome(
            Optional<float[]> picture, float mean, float weighted, float norm, List<float[]> gradients) {}

    /** The tail and the loss, and something else at the picture whose gradient is {@code beside} times a given one. */
    private static Outcome run(
            Inputs in, TailLoss.Colours colours, float weight, boolean fused, boolean picture, float beside) {
        GuardedDevice device = new GuardedDevice(Device.open("emu", Precision.BF16));
        ParameterSet set = new ParameterSet(); // its memory and the norm's end with the device
        GradientNorm norm = GradientNorm.on(device);
        try (device;
                Arena arena = Arena.poisoned(device);
                Tape tape = Tape.recording(arena)) {
            Parameter w = set.declare(
                    "w",
                    List.of(3 * in.r() * in.r(), in.x().c(), 5, 5),
                    in.values().get(1));
            Parameter b =
                    set.declare("b", List.of(3 * in.r() * in.r()), in.values().get(2));
            set.allocate(device);
            Tensor x = tape.leaf(in.x());
            x.set(in.values().getFirst());
            List<Tensor> strips = new ArrayList<>();
            for (int k = 0; k < 4; k++) {
                Tensor strip = Tensor.leaf(in.strip(k), tape.plain(in.strip(k)).data());
                strip.set(in.values().get(3 + k));
                strips.add(strip);
            }
            Tensor target = tape.plain(in.picture());
            target.set(in.values().getLast());
            PixelLoss loss = new PixelLoss(target, weight, norm, picture);
            PixelLoss.Result result;
            float[] direct = {};
            if (fused) {
                result = TailLoss.apply(
                        tape,
                        x,
                        w,
                        b,
                        in.r(),
                        colours,
                        loss,
                        () -> new TailLoss.Strips(strips.get(0), strips.get(1), strips.get(2), strips.get(3)));
                if (picture) {
                    direct = result.picture().gradientArray();
                }
            } else {
                Tensor y = Conv5x5.apply(tape, x, w, b, in.r());
                for (int k = 0; k < 4; k++) {
                    y = Region.paste(tape, y, strips.get(k), in.part(k), in.top(k), in.left(k));
                }
                Tensor unit = colours.factor() == 1f ? y : Scale.apply(tape, y, colours.factor());
                Tensor sr = MeanShift.apply(tape, unit, colours.red(), colours.green(), colours.blue());
                result = loss.of(tape, sr);
                direct = gradientAt(device, sr, loss);
            }
            Tensor whole = result.weighted();
            if (beside != 0) {
                Tensor other = MeanShift.apply(tape, result.picture(), 0.01f, 0.01f, 0.01f);
                whole = Add.apply(tape, whole, Scale.apply(tape, L1Loss.apply(tape, other, target), beside));
            }
            tape.backward(whole);
            device.check();
            List<float[]> gradients = new ArrayList<>(List.of(
                    direct, x.gradientArray(), requireNonNull(w.gradientArray()), requireNonNull(b.gradientArray())));
            strips.forEach(strip -> gradients.add(strip.gradientArray()));
            return new Outcome(
                    picture ? Optional.of(result.picture().toArray()) : Optional.empty(),
                    result.mean().item(),
                    result.weighted().item(),
                    norm.value(),
                    gradients);
        }
    }

    /** The gradient of the weighted loss alone at a picture that is there. */
    private static float[] gradientAt(Device device, Tensor sr, PixelLoss loss) {
        try (Tape tape = Tape.recording(device);
                GradientNorm norm = GradientNorm.on(device)) {
            Tensor leaf = Tensor.leaf(sr.shape(), sr.data());
            tape.backward(new PixelLoss(loss.target(), loss.weight(), norm, true)
                    .of(tape, leaf)
                    .weighted());
            return leaf.gradientArray();
        }
    }

    private static double[] picture(List<double[]> v, Inputs in, TailLoss.Colours colours) {
        Shape s = in.x();
        int out = 3 * in.r() * in.r();
        double[] y = Plain.shuffle(
                Plain.convolution(v.getFirst(), s, v.get(1), v.get(2), out, 5),
                new Shape(s.n(), out, s.h(), s.w()),
                in.r());
        for (int k = 0; k < 4; k++) {
            y = Plain.paste(y, in.picture(), v.get(3 + k), in.strip(k), in.part(k), in.top(k), in.left(k));
        }
        return Plain.shift(
                Plain.scale(y, colours.factor()), in.picture(), colours.red(), colours.green(), colours.blue());
    }

    @ParameterizedTest
    @CsvSource({"1, 8, 3, 3, 1", "2, 5, 9, 17, 2", "1, 17, 5, 6, 3", "1, 8, 4, 7, 4"})
    void isThePictureAndItsLossByDefinition(int n, int features, int h, int w, int r) {
        Inputs in = Inputs.of(new Shape(n, features, h, w), r);
        float weight = 0.75f;
        Outcome have = run(in, UNIT, weight, true, true, 0);
        List<double[]> values = new ArrayList<>();
        in.values().forEach(v -> values.add(doubles(v)));
        double[] sr = picture(values, in, UNIT);
        double mean = Plain.l1(sr, values.getLast());
        assertNear("picture", have.picture().orElseThrow(), sr, 1e-6);
        assertThat((double) have.mean()).isCloseTo(mean, offset(1e-6 * mean));
        assertThat(have.weighted()).isEqualTo(weight * have.mean());
        assertThat((double) have.norm())
                .as("every sign is 1 or -1")
                .isCloseTo(weight / Math.sqrt(sr.length), offset(1e-6));
        double[] slopes = new double[sr.length];
        for (int i = 0; i < sr.length; i++) {
            slopes[i] = Math.signum(sr[i] - values.getLast()[i]) * weight / sr.length;
        }
        assertNear("gradient of the picture", have.gradients().getFirst(), slopes, 1e-6);
        // its gradients of features are rounded, and with them, in the kernel, those of the picture
        int[] places = {0, 1, 2, 3, 4, 5, 6};
        for (int place : places) {
            assertGradient(
                    "gradient of input " + place,
                    at -> {
                        List<double[]> moved = new ArrayList<>(values);
                        moved.set(place, at);
                        return weight * Plain.l1(picture(moved, in, UNIT), values.getLast());
                    },
                    in.values().get(place),
                    have.gradients().get(1 + place),
                    1.0 / 128);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 8, 3, 3, 1", "2, 5, 9, 17, 2", "1, 17, 5, 6, 3", "1, 8, 5, 18, 4"})
    void hasTheBitsOfOneOperationAfterTheOther(int n, int features, int h, int w, int r) {
        Inputs in = Inputs.of(new Shape(n, features, h, w), r);
        for (TailLoss.Colours colours : List.of(UNIT, BYTES)) {
            float[] target = in.values().getLast();
            // some numbers of the picture are met exactly, where there is no slope
            float[] met = run(in, colours, 1f, false, true, 0).picture().orElseThrow();
            for (int i = 0; i < target.length; i += 5) {
                target[i] = met[i];
            }
            float weight = colours.factor() == 1f ? 0.3f : 1f;
            Outcome want = run(in, colours, weight, false, true, 0);
            Outcome have = run(in, colours, weight, true, true, 0);
            assertThat(have.picture().orElseThrow()).isEqualTo(want.picture().orElseThrow());
            assertSame(have, want);
            assertThat(have.gradients().getFirst()).isEqualTo(want.gradients().getFirst());
            Outcome alone = run(in, colours, weight, true, false, 0);
            assertSame(alone, want);
            assertThat(alone.mean()).isEqualTo(have.mean());
            assertSame(run(in, colours, weight, true, true, 0.5f), run(in, colours, weight, false, true, 0.5f));
        }
    }

    private static void assertSame(Outcome have, Outcome want) {
        assertThat(have.mean()).isCloseTo(want.mean(), offset(1e-6f * want.mean()));
        assertThat(have.weighted()).isCloseTo(want.weighted(), offset(1e-6f * want.weighted()));
        assertThat(have.norm()).isPositive().isCloseTo(want.norm(), offset(1e-6f * want.norm()));
        for (int i = 1; i < want.gradients().size(); i++) {
            assertThat(have.gradients().get(i))
                    .as("gradient %d", i)
                    .isEqualTo(want.gradients().get(i));
            assertThat(have.gradients().get(i))
                    .isNotEqualTo(new float[have.gradients().get(i).length]);
        }
    }

    /** A number that is none has no slope, as in {@link L1Loss}, but the loss tells of it, so that a step is refused. */
    @Test
    void aLossIsNotFiniteWhereAPictureIsNot() {
        for (int place : new int[] {2, 3, 5, 7}) { // the bias, two strips, the target
            for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                Inputs in = Inputs.of(new Shape(1, 8, 5, 6), 2);
                in.values().get(place)[place == 5 ? 12 : 0] = wrong; // at the left what lies behind the corner
                for (boolean picture : new boolean[] {false, true}) {
                    Outcome have = run(in, UNIT, 1f, true, picture, 0);
                    Outcome want = run(in, UNIT, 1f, false, picture, 0);
                    assertThat(have.mean())
                            .isEqualTo(Float.valueOf(want.mean()))
                            .isNotFinite();
                    assertThat(have.weighted()).isNotFinite();
                    assertThat(have.norm()).isFinite().isCloseTo(want.norm(), offset(1e-6f));
                    for (int i = 1; i < want.gradients().size(); i++) {
                        assertThat(have.gradients().get(i))
                                .isEqualTo(want.gradients().get(i));
                    }
                }
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Device device = Device.open("emu", Precision.BF16);
                ParameterSet set = new ParameterSet();
                GradientNorm norm = GradientNorm.on(device);
                Tape tape = Tape.recording(device)) {
            Parameter weight = set.declare("w", List.of(12, 8, 5, 5), new float[2400]);
            Parameter bias = set.declare("b", List.of(12), new float[12]);
            set.allocate(device);
            Tensor x = tape.leaf(new Shape(1, 8, 4, 5));
            PixelLoss small = new PixelLoss(tape.plain(new Shape(1, 3, 8, 9)), 1f, norm, false);
            PixelLoss loss = new PixelLoss(tape.plain(new Shape(1, 3, 8, 10)), 1f, norm, false);
            Tensor strip = tape.plain(new Shape(1, 3, 6, 10));
            TailLoss.Strips strips = new TailLoss.Strips(strip, strip, strip, strip);
            assertThatThrownBy(() -> TailLoss.apply(tape, x, weight, bias, 2, UNIT, small, () -> strips))
                    .hasMessage("pixel_loss: want a target of shape [1, 3, 8, 10], have [1, 3, 8, 9]");
            assertThatThrownBy(() -> TailLoss.apply(tape, x, weight, bias, 2, UNIT, loss, () -> strips))
                    .hasMessage("tail_loss strips: want [[1, 3, 6, 10], [1, 3, 6, 10], [1, 3, 8, 6], [1, 3, 8, 6]],"
                            + " have [[1, 3, 6, 10], [1, 3, 6, 10], [1, 3, 6, 10], [1, 3, 6, 10]]");
            assertThatThrownBy(() -> TailLoss.apply(tape, x, weight, bias, 3, UNIT, loss, () -> strips))
                    .hasMessage("tail_loss: want a shuffle r from 1 to 4 and 3 r^2 outputs, have 3 and 12");
            Tensor narrow = tape.leaf(new Shape(1, 8, 4, 2));
            assertThatThrownBy(() -> TailLoss.apply(tape, narrow, weight, bias, 2, UNIT, loss, () -> strips))
                    .hasMessage("tail_loss: want at least 3 x 3 pixels, have [1, 8, 4, 2]");
            Tensor plain = Tensor.leaf(x.shape(), tape.plain(x.shape()).data());
            assertThatThrownBy(() -> TailLoss.apply(tape, plain, weight, bias, 2, UNIT, loss, () -> strips))
                    .hasMessageContaining("want features in bf16 whose gradient is wanted, have Tensor[1, 8, 4, 5]");
            PixelLoss.Result result = loss.of(
                    tape, Tensor.leaf(new Shape(1, 3, 8, 10), loss.target().data()));
            assertThatThrownBy(result::picture)
                    .hasMessage("pixel_loss: want a picture that was asked for, have its loss alone");
        }
    }
}
