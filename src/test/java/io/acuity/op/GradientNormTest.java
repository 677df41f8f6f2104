package io.acuity.op;

import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class GradientNormTest {
    private static float norm(Device device, float[] values) {
        try (Tape tape = Tape.inference(device);
                GradientNorm norm = GradientNorm.on(device)) {
            Tensor x = tape.input(new Shape(1, 1, 1, values.length));
            x.set(values);
            norm.measure(x.data(), values.length);
            return norm.value();
        }
    }

    /** Around 256, where the ranges of partial sums turn from one number to two. */
    @EveryDevice
    void isTheRootOfTheSumOfSquares(Device device) {
        assertThat(norm(device, new float[] {3, -4})).isEqualTo(5f);
        for (int count : new int[] {1, 2, 7, 255, 256, 257, 511, 513, 1009, 20_011}) {
            float[] x = uniform(count, count);
            double sum = 0;
            for (float value : x) {
                sum += (double) value * value;
            }
            assertThat((double) norm(device, x)).isCloseTo(Math.sqrt(sum), offset(3e-7 * Math.sqrt(sum)));
        }
    }

    @EveryDevice
    void oneNumberThatIsNotFiniteShows(Device device) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e30f}) {
            for (int place : new int[] {0, 8, 300, 999}) {
                float[] x = uniform(1000, 3);
                x[place] = bad;
                assertThat(norm(device, x)).as("%s at %s", bad, place).isNotFinite();
            }
        }
    }

    /** loss = |x - a| + 3 |x - b| means: the second path brings three times the first one's gradient. */
    @EveryDevice
    void measuresOnePathOnly(Device device) {
        Shape shape = new Shape(1, 1, 2, 8);
        try (Tape tape = Tape.recording(device);
                GradientNorm one = GradientNorm.on(device);
                GradientNorm three = GradientNorm.on(device)) {
            Tensor x = tape.leaf(shape);
            x.set(uniform(16, 1));
            Tensor target = tape.input(shape);
            target.set(uniform(16, 2));
            Tensor first = L1Loss.apply(tape, one.through(tape, x), target);
            Tensor second = Scale.apply(tape, L1Loss.apply(tape, three.through(tape, x), target), 3f);
            tape.backward(Add.apply(tape, first, second));
            assertThat(one.value()).isCloseTo(0.25f, offset(1e-6f));
            assertThat(three.value()).isCloseTo(0.75f, offset(1e-6f));
            for (float slope : x.gradientArray()) {
                assertThat(Math.abs(slope)).isCloseTo(0.25f, offset(1e-6f));
            }
            one.clear();
            assertThat(one.value()).isZero();
        }
    }

    @EveryDevice
    void whereNoGradientIsWantedNothingIsRecorded(Device device) {
        try (Tape tape = Tape.recording(device);
                GradientNorm norm = GradientNorm.on(device)) {
            Tensor x = tape.input(new Shape(1, 1, 1, 4));
            assertThat(norm.through(tape, x)).isSameAs(x);
        }
    }
}
