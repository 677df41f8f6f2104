package io.acuity.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.CapturedLaunches;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The gradients of a training step of RCAN in bf16, on emulated tensor cores, against those of the CPU in fp32. */
class RcanGradientTest {
    private static final Shape LR = new Shape(2, 3, 9, 17);
    private static final int GROUPS = 2;
    private static final int BLOCKS = 2;

    private static Network create(Device device) {
        return Rcan.create(device, new Rcan.Options(GROUPS, BLOCKS, 20, 4, 1f, 2), 3);
    }

    @Test
    void hasTheGradientsOfFp32() {
        GradientPrecision.check("rcan", LR, RcanGradientTest::create, _ -> 1.0 / 16);
    }

    /** In every block, those at the end of a group included, the means and the gates' gradients come with convolutions. */
    @Test
    void attentionReadsNoFeaturesForItsSums() {
        try (CapturedLaunches device = new CapturedLaunches(Device.open("emu", Precision.BF16));
                Tape tape = Tape.recording(Arena.poisoned(device))) {
            Network network = create(device);
            device.note(() -> {
                Tensor lr = tape.plain(LR);
                lr.set(Numbers.uniform(LR.elements(), 1));
                tape.backward(network.forward(tape, lr), null);
            });
            for (String kernel : new String[] {
                "conv3x3_forward_sums",
                "squeeze_excitation_forward",
                "conv3x3_backward_input_product",
                "squeeze_excitation_backward",
                "squeeze_excitation_backward_weight",
                "channel_gate_backward_mean"
            }) {
                assertThat(device.kernels().stream().filter(kernel::equals))
                        .as(kernel)
                        .hasSize(GROUPS * BLOCKS);
            }
            assertThat(device.kernels()).doesNotContain("channel_gate_backward_gate", "global_average_pool_forward");
            network.parameters().close();
        }
    }
}
