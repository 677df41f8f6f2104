package io.acuity.op;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class L1LossTest {
    /** Around 256, where the ranges of partial sums turn from one number to two. */
    @EveryDevice
    void averagesAbsoluteDifferences(Device device) {
        for (int count : new int[] {1, 2, 7, 255, 256, 257, 511, 513, 1009}) {
            Shape s = new Shape(1, 1, 1, count);
            float[] target = uniform(count, 99);
            OpCheck.of(
                            "l1_loss " + count,
                            (tape, x, _) -> {
                                Tensor b = tape.input(s);
                                b.set(target);
                                return L1Loss.apply(tape, x.getFirst(), b);
                            },
                            v -> new double[] {Plain.l1(v.getFirst(), doubles(target))})
                    .input(s)
                    .on(device);
        }
    }

    @EveryDevice
    void sumsManyNumbersClosely(Device device) {
        Shape s = new Shape(2, 3, 61, 67);
        float[] a = uniform(s.elements(), 1);
        float[] b = uniform(s.elements(), 2);
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(s);
            Tensor y = tape.input(s);
            x.set(a);
            y.set(b);
            float[] loss = L1Loss.apply(tape, x, y).toArray();
            assertNear("l1_loss", loss, new double[] {Plain.l1(doubles(a), doubles(b))}, 3e-7);
        }
    }

    @EveryDevice
    void hasNoGradientWhereBothAreEqual(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor a = tape.leaf(new Shape(1, 1, 1, 4));
            Tensor b = tape.input(new Shape(1, 1, 1, 4));
            a.set(new float[] {1, 2, 3, 4});
            b.set(new float[] {1, 3, 2, 4});
            Tensor loss = L1Loss.apply(tape, a, b);
            tape.backward(loss);
            assertThat(loss.item()).isEqualTo(0.5f);
            assertThat(a.gradientArray()).containsExactly(0f, -0.25f, 0.25f, 0f);
        }
    }

    @EveryDevice
    void refusesTwoShapes(Device device) {
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(() ->
                            L1Loss.apply(tape, tape.input(new Shape(1, 1, 2, 3)), tape.input(new Shape(1, 1, 3, 2))))
                    .hasMessage("l1_loss: want two of one shape, have [1, 1, 2, 3] and [1, 1, 3, 2]");
        }
    }
}
