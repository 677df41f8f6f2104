package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryPrecision;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import java.util.List;

class ChannelCopyTest {
    private static double[] concat(Shape s, List<double[]> parts) {
        int plane = s.h() * s.w();
        int length = parts.stream().mapToInt(p -> p.length / s.n()).sum();
        double[] all = new double[length * s.n()];
        for (int n = 0; n < s.n(); n++) {
            int at = n * length;
            for (double[] part : parts) {
                int channels = part.length / s.n() / plane;
                System.arraycopy(part, n * channels * plane, all, at, channels * plane);
                at += channels * plane;
            }
        }
        return all;
    }

    @EveryPrecision
    void putsChannelsBehindOneAnother(Device device) {
        for (Shape s : OddShapes.ALL) {
            OpCheck.of(
                            "concat " + s,
                            (tape, x, _) -> ChannelCopy.concat(tape, List.of(x.getFirst(), x.get(1), x.getFirst())),
                            v -> concat(s, List.of(v.getFirst(), v.get(1), v.getFirst())))
                    .input(s)
                    .input(new Shape(s.n(), 5, s.h(), s.w()))
                    .on(device);
        }
    }

    @EveryPrecision
    void takesSomeChannels(Device device) {
        for (Shape s : OddShapes.ALL) {
            Shape wide = new Shape(s.n(), s.c() + 5, s.h(), s.w());
            int plane = s.h() * s.w();
            OpCheck.of("slice " + s, (tape, x, _) -> ChannelCopy.slice(tape, x.getFirst(), 3, s.c()), v -> {
                        double[] part = new double[(int) s.elements()];
                        int length = s.c() * plane;
                        for (int n = 0; n < s.n(); n++) {
                            int from = n * wide.c() * plane + 3 * plane;
                            System.arraycopy(v.getFirst(), from, part, n * length, length);
                        }
                        return part;
                    })
                    .input(wide)
                    .on(device);
        }
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(() -> ChannelCopy.slice(tape, tape.input(new Shape(1, 4, 1, 1)), 2, 3))
                    .hasMessage("channel_copy: want 1 or more of 4 channels, have 3 from 2");
        }
    }

    @EveryPrecision
    void refusesOtherSizes(Device device) {
        try (Tape tape = Tape.inference(device)) {
            assertThatThrownBy(() -> ChannelCopy.concat(
                            tape, List.of(tape.input(new Shape(1, 2, 3, 4)), tape.input(new Shape(1, 7, 4, 3)))))
                    .hasMessage("channel_copy: want [1, 7, 3, 4], have [1, 7, 4, 3]");
        }
    }
}
