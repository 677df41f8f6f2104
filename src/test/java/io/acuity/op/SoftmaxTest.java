package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

class SoftmaxTest {
    @EveryDevice(standIn = true)
    void sharesEachRow(Device device) {
        for (int width : new int[] {1, 2, 11, 16, 31, 33, 432}) {
            for (float factor : new float[] {1f, -3f}) {
                Shape s = new Shape(2, 1, 3, width);
                OpCheck.of(
                                "softmax " + width + " times " + factor,
                                (tape, x, _) -> Softmax.apply(tape, x.getFirst(), factor),
                                v -> PlainAttention.softmax(v.getFirst(), width, factor))
                        .input(s)
                        .on(device);
            }
        }
    }

    /** Far apart, very large, and equal numbers; the known value 1 / (1 + e). */
    @EveryDevice(standIn = true)
    void standsLargeNumbers(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(1, 1, 3, 2));
            x.set(new float[] {1e30f, -1e30f, 70000f, 70000f, 0f, 1f});
            float[] y = Softmax.apply(tape, x, 1f).toArray();
            assertThat(y[0]).isEqualTo(1f);
            assertThat(y[1]).isZero();
            assertThat(y[2]).isEqualTo(0.5f);
            assertThat(y[3]).isEqualTo(0.5f);
            assertThat(y[4]).isCloseTo(0.26894143f, offset(1e-7f));
            assertThat(y[5]).isCloseTo(0.7310586f, offset(1e-7f));
        }
    }

    @EveryDevice(standIn = true)
    void wantsOneChannel(Device device) {
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(() -> Softmax.apply(tape, tape.input(new Shape(1, 2, 3, 4)), 1f))
                    .hasMessage("softmax: want [N, 1, H, W], have [1, 2, 3, 4]");
        }
    }
}
