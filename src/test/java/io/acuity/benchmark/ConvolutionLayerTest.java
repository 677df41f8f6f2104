package io.acuity.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.ForwardingDevice;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the benchmarks of convolutions time: one pass of one convolution, and nothing beside it. */
class ConvolutionLayerTest {
    private static final class Names extends ForwardingDevice {
        private final List<String> kernels = new ArrayList<>();

        Names(Device device) {
            super(device);
        }

        @Override
        public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
            kernels.add(kernel.name());
            super.launch(kernel, grid, arguments);
        }
    }

    private static List<String> timed(Device device, String layer, String pass) {
        Names names = new Names(device);
        try (Bench bench = Bench.on(names)) {
            Runnable run = pass.equals("group")
                    ? ConvolutionLayer.parse(layer).weightsTogether(bench, 5)
                    : ConvolutionLayer.parse(layer).prepare(bench, pass);
            names.kernels.clear();
            run.run();
            run.run();
        }
        assertThat(names.kernels.subList(0, names.kernels.size() / 2))
                .as("the same each time")
                .isEqualTo(names.kernels.subList(names.kernels.size() / 2, names.kernels.size()));
        return names.kernels.subList(0, names.kernels.size() / 2);
    }

    @ParameterizedTest
    @CsvSource({
        "conv3x3 2x8x5x7 to 16, forward, conv3x3_forward",
        "conv3x3 2x8x5x7 to 16, backward_input, conv3x3_backward_input",
        "conv3x3 2x8x5x7 to 16, backward_weight, conv3x3_backward_weight sum_parts",
        "conv3x3 1x3x9x8 to 8, forward, conv3x3_forward_head",
        "conv5x5 1x16x5x7 to 48 shuffle 4, backward_input, conv5x5_backward_input_tail",
        "conv5x5 1x16x5x7 to 48 shuffle 4, backward_weight, conv5x5_backward_weight_tail sum_parts",
        "strided_conv3x3 2x16x9x6 to 8, backward_weight, strided_conv3x3_backward_weight sum_parts",
        "conv1x1 2x16x5x4 to 8, forward, conv1x1_forward",
        "conv1x1 2x16x5x4 to 1, backward_input, conv1x1_backward_input_tail",
        "conv3x3 2x8x5x7 to 8, group, conv3x3_backward_weight_group sum_parts_group"
    })
    void inBf16(String layer, String pass, String kernels) {
        assertThat(timed(Device.open("emu", Precision.BF16), layer, pass)).isEqualTo(List.of(kernels.split(" ")));
    }

    @ParameterizedTest
    @CsvSource({
        "conv3x3 1x3x9x8 to 8, forward, conv3x3_forward",
        "conv3x3 1x8x9x8 to 12 shuffle 2, backward_input, conv3x3_backward_input",
        "conv5x5 1x16x5x7 to 48 shuffle 4, backward_weight, conv5x5_backward_weight",
        "strided_conv3x3 2x16x9x6 to 8, forward, strided_conv3x3_forward",
        "conv1x1 2x16x5x4 to 1, backward_weight, conv1x1_backward_weight"
    })
    void inFp32(String layer, String pass, String kernel) {
        assertThat(timed(Device.open("cpu"), layer, pass)).containsExactly(kernel);
    }

    @Test
    void refusesWhatIsNoPass() {
        try (Bench bench = Bench.on(Device.open("cpu"))) {
            assertThatThrownBy(
                            () -> ConvolutionLayer.parse("conv1x1 1x4x2x2 to 4").prepare(bench, "input"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("pass: want forward, backward_input or backward_weight, have input");
        }
    }

    @Test
    void countsTheDirectComputation() {
        ConvolutionLayer layer = ConvolutionLayer.parse("conv3x3 64x64x48x48 to 64");
        // 1 multiply-add is 2 operations: 147,456 pixels, 64 x 64 x 9
        assertThat(layer.work(Precision.BF16, "forward").flops()).isEqualTo(2.0 * 147_456 * 64 * 64 * 9);
        assertThat(layer.work(Precision.BF16, "forward").bytes()).isEqualTo(2.0 * (2 * 147_456 * 64 + 64 * 64 * 9));
        assertThat(layer.work(Precision.FP32, "forward").bytes()).isEqualTo(4.0 * (2 * 147_456 * 64 + 64 * 64 * 9));
        // a picture's numbers are fp32
        assertThat(ConvolutionLayer.parse("conv5x5 1x64x10x10 to 48 shuffle 4")
                        .work(Precision.BF16, "backward_input")
                        .bytes())
                .isEqualTo(2.0 * 6400 + 4.0 * 4800 + 2.0 * 25 * 64 * 48);
        // a quarter of the pixels
        assertThat(ConvolutionLayer.parse("strided_conv3x3 2x16x9x6 to 8")
                        .work(Precision.FP32, "forward")
                        .flops())
                .isEqualTo(2.0 * 2 * 5 * 3 * 8 * 16 * 9);
    }
}
