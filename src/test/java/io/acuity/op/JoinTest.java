package io.acuity.op;

import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

class JoinTest {
    private static double[] first(double[] values, int count) {
        return Arrays.copyOf(values, count);
    }

    @EveryPrecision
    void putsBatchesOneAfterTheOther(Device device) {
        OpCheck.of(
                        "join",
                        (tape, x, _) -> Join.apply(tape, x.get(0), x.get(1)),
                        v -> IntStream.range(0, v.get(0).length + v.get(1).length)
                                .mapToDouble(i -> i < v.get(0).length ? v.get(0)[i] : v.get(1)[i - v.get(0).length])
                                .toArray())
                .input(new Shape(2, 3, 3, 5))
                .input(new Shape(1, 3, 3, 5))
                .on(device);
    }

    @EveryPrecision
    void theFirstPartIsCutOffWithoutACopy(Device device) {
        OpCheck.of("first", (tape, x, _) -> Join.first(tape, x.getFirst(), 2), v -> first(v.getFirst(), 2 * 3 * 15))
                .input(new Shape(3, 3, 3, 5))
                .on(device);
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(3, 1, 2, 2));
            float[] values = Numbers.roundedToBf16(uniform(12, 1));
            x.set(values);
            assertThat(Join.first(tape, x, 1).toArray()).isEqualTo(Arrays.copyOf(values, 4));
            assertThat(Join.rest(x, 1).toArray()).isEqualTo(Arrays.copyOfRange(values, 4, 12));
        }
    }

    @EveryPrecision
    void refusesOtherShapes(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(3, 1, 2, 2));
            assertThatThrownBy(() -> Join.apply(tape, x, tape.input(new Shape(3, 2, 2, 2))))
                    .hasMessage("join: want two shapes that differ in N alone, have [3, 1, 2, 2] and [3, 2, 2, 2]");
            assertThatThrownBy(() -> Join.first(tape, x, 4)).hasMessage("first: want 1 to 3 images, have 4");
            assertThatThrownBy(() -> Join.rest(x, 3)).hasMessage("rest: want 0 to 2 images left out, have 3");
        }
    }
}
