package io.acuity.op;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;

class Conv3dTest {
    private static final List<Shape> SHAPES = List.of(
            new Shape(1, 1, 1, 1),
            new Shape(2, 2, 3, 1),
            new Shape(1, 3, 1, 5),
            new Shape(2, 9, 4, 3),
            new Shape(1, 17, 3, 7),
            new Shape(1, 64, 2, 3));

    @EveryDevice
    void convolvesVolumes(Device device) {
        for (Shape s : SHAPES) {
            OpCheck.of(
                            "conv3d " + s,
                            (tape, x, p) -> Conv3d.apply(tape, x.getFirst(), p.getFirst(), p.get(1)),
                            v -> PlainAttention.convolve3d(v.getFirst(), s, v.get(1), v.get(2)[0]))
                    .input(s)
                    .parameter(1, 1, 3, 3, 3)
                    .parameter(1)
                    .on(device);
        }
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        try (ParameterSet set = new ParameterSet();
                Tape tape = Tape.inference(device)) {
            Parameter weight = set.declare("w", List.of(1, 1, 3, 3, 3), new float[27]);
            Parameter bias = set.declare("b", List.of(2), new float[2]);
            set.allocate(device);
            Tensor x = tape.input(new Shape(1, 6, 2, 2));
            assertThatThrownBy(() -> Conv3d.apply(tape, x, bias, bias))
                    .hasMessage("conv3d weight: want [1, 1, 3, 3, 3], have [2]");
            assertThatThrownBy(() -> Conv3d.apply(tape, x, weight, bias)).hasMessage("conv3d bias: want [1], have [2]");
        }
    }
}
