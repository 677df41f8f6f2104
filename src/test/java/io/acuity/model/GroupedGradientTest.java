package io.acuity.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.CapturedLaunches;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.op.L1Loss;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Weight gradients of equal layers formed at once are those formed one by one, bit for bit. */
class GroupedGradientTest {
    private record Step(Map<String, float[]> gradients, List<String> kernels) {
        long count(String kernel) {
            return kernels.stream().filter(kernel::equals).count();
        }
    }

    private static Step step(Function<Device, Network> make, Shape shape, boolean grouped) {
        try (CapturedLaunches device = new CapturedLaunches(Device.open("emu", Precision.BF16));
                Tape tape = Tape.recording(Arena.poisoned(device))) {
            tape.defers(grouped);
            Network network = make.apply(device);
            device.note(() -> {
                Tensor lr = tape.plain(shape);
                lr.set(Numbers.uniform(shape.elements(), 1));
                Tensor sr = network.forward(tape, lr);
                Tensor hr = tape.plain(sr.shape());
                hr.set(Numbers.uniform(sr.shape().elements(), 2));
                tape.backward(L1Loss.apply(tape, sr, hr));
            });
            Map<String, float[]> gradients = new LinkedHashMap<>();
            network.parameters()
                    .byName()
                    .forEach((key, parameter) ->
                            gradients.put(key, requireNonNull(parameter.gradientArray(), key + ": no gradient")));
            return new Step(gradients, device.kernels());
        }
    }

    private static void assertSameBits(Step grouped, Step alone) {
        assertThat(alone.count("conv3x3_backward_weight_group")).isZero();
        assertThat(grouped.gradients()).containsOnlyKeys(alone.gradients().keySet());
        alone.gradients()
                .forEach((name, want) ->
                        assertThat(grouped.gradients().get(name)).as(name).isEqualTo(want));
    }

    @Test
    void ofEdsr() {
        Function<Device, Network> make = device -> {
            Edsr network = Edsr.create(device, new Edsr.Options(3, 20, 0.5f, 2), 3);
            network.collapse(true);
            return network;
        };
        Shape manyTiles = new Shape(3, 3, 17, 33); // of 8 x 16 pixels: enough for more parts than slices
        Step grouped = step(make, manyTiles, true);
        Step alone = step(make, manyTiles, false);
        assertSameBits(grouped, alone);
        assertThat(grouped.count("conv3x3_backward_weight_group")).isEqualTo(1);
        assertThat(alone.count("sum_parts") - grouped.count("sum_parts"))
                .as("both convolutions of three blocks, and the one behind them")
                .isEqualTo(7);
        assertThat(grouped.count("conv3x3_backward_input_skip"))
                .as("blocks add to a gradient that is still wanted; in the first one the long skip was there before")
                .isEqualTo(2);
        assertThat(alone.count("conv3x3_backward_input_skip")).isZero();
    }

    @Test
    void ofRcan() {
        Function<Device, Network> make = device -> Rcan.create(device, new Rcan.Options(1, 17, 8, 4, 255f, 2), 5);
        Shape small = new Shape(1, 3, 5, 6);
        Step grouped = step(make, small, true);
        Step alone = step(make, small, false);
        assertSameBits(grouped, alone);
        assertThat(grouped.count("conv3x3_backward_weight_group"))
                .as("36 layers, 33 at once and three that are left one by one")
                .isEqualTo(1);
        assertThat(alone.count("squeeze_excitation_backward_weight")).isEqualTo(17);
        assertThat(grouped.count("squeeze_excitation_backward_weight")).isEqualTo(1);
        assertThat(alone.count("sum_parts") - grouped.count("sum_parts")).isEqualTo(33);
    }
}
