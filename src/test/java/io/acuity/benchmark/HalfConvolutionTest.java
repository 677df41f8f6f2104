package io.acuity.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.ForwardingDevice;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.op.Conv3x3;
import io.acuity.op.Conv5x5;
import io.acuity.op.StridedConv3x3;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the benchmarks of convolutions in bf16 launch is what the operations launch. */
class HalfConvolutionTest {
    /** An arena's memory comes in multiples of so many bytes. */
    private static final long ROUND = 256;

    /** A launch: its kernel, what it covers and its arguments, of buffers the sizes. */
    private record Call(String kernel, Grid grid, List<Object> arguments) {}

    private static final class Recorder extends ForwardingDevice {
        private final List<Call> calls = new ArrayList<>();

        Recorder() {
            super(Device.open("emu", Precision.BF16));
        }

        @Override
        public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
            List<Object> plain = new ArrayList<>();
            for (Object argument : arguments) {
                plain.add(
                        argument instanceof Buffer b
                                ? b.precision().label() + " " + (b.bytes() + ROUND - 1) / ROUND
                                : argument == null ? "null" : argument);
            }
            calls.add(new Call(kernel.name(), grid, plain));
            super.launch(kernel, grid, arguments);
        }

        List<Call> of(String part) {
            return calls.stream().filter(c -> c.kernel().contains(part)).toList();
        }
    }

    private static Recorder benchmark(String layer, String pass) {
        Recorder device = new Recorder();
        try (Bench bench = Bench.on(device)) {
            HalfConvolution.parse(layer).prepare(bench, pass).run();
        }
        return device;
    }

    /** The operation forward, and backward to its input and weights. */
    private static Recorder operation(String layer) {
        HalfConvolution convolution = HalfConvolution.parse(layer);
        Shape s = convolution.layer().x();
        int out = convolution.layer().out();
        int side = convolution.stem().contains("5x5") ? 5 : 3;
        Recorder device = new Recorder();
        try (device;
                Tape tape = Tape.recording(device);
                ParameterSet set = new ParameterSet()) {
            Parameter weight = set.declare("w", List.of(out, s.c(), side, side), new float[out * s.c() * side * side]);
            Parameter bias = set.declare("b", List.of(out), new float[out]);
            set.allocate(device);
            Buffer x = s.c() == 3
                    ? device.allocate(4 * s.elements())
                    : device.allocate(Tensor.bytes(s, Precision.BF16)).as(Precision.BF16);
            Tensor leaf = Tensor.leaf(s, x);
            Tensor y = switch (convolution.stem()) {
                case "conv3x3" ->
                    Conv3x3.apply(
                            tape,
                            leaf,
                            weight,
                            bias,
                            convolution.layer().shuffle() == 1
                                    ? Conv3x3.Epilogue.RELU
                                    : Conv3x3.Epilogue.shuffle(
                                            convolution.layer().shuffle()));
                case "conv5x5" ->
                    Conv5x5.apply(tape, leaf, weight, bias, convolution.layer().shuffle());
                default -> StridedConv3x3.apply(tape, leaf, weight);
            };
            tape.backward(y, y.data());
        }
        return device;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "conv3x3 2x8x5x7 to 16",
                "conv3x3 1x3x9x8 to 8",
                "conv5x5 1x16x5x7 to 48 shuffle 4",
                "strided_conv3x3 2x16x9x6 to 8"
            })
    void launchesWhatTheOperationLaunches(String layer) {
        Recorder want = operation(layer);

        Recorder forward = benchmark(layer, "forward");
        assertThat(forward.calls).isEqualTo(firstTwo(want));
        Recorder input = benchmark(layer, "input");
        assertThat(input.of("pack")).isEqualTo(want.of("pack_backward"));
        assertThat(input.of("backward_input")).isEqualTo(want.of("backward_input"));
        Recorder weight = benchmark(layer, "weight");
        assertThat(weight.of("backward_weight")).hasSize(1).isEqualTo(want.of("backward_weight"));
        assertThat(weight.of("sum_parts")).hasSize(1);
        assertThat(weight.of("sum_parts").getFirst().grid())
                .isEqualTo(want.of("sum_parts").getFirst().grid());
    }

    /** Packing and the pass itself. */
    private static List<Call> firstTwo(Recorder device) {
        return device.calls.subList(0, 2);
    }

    @Test
    void countsTheDirectComputation() {
        HalfConvolution layer = HalfConvolution.parse("conv3x3 64x64x48x48 to 64");
        // 1 multiply-add is 2 operations: 147,456 pixels, 64 x 64 x 9
        assertThat(layer.work("forward").flops()).isEqualTo(2.0 * 147_456 * 64 * 64 * 9);
        assertThat(layer.work("forward").bytes()).isEqualTo(2.0 * (2 * 147_456 * 64 + 64 * 64 * 9));
        // a picture's numbers are fp32
        assertThat(HalfConvolution.parse("conv5x5 1x64x10x10 to 48 shuffle 4")
                        .work("input")
                        .bytes())
                .isCloseTo(2.0 * 6400 + 4.0 * 4800 + 2.0 * 25 * 64 * 48, within(0.0));
    }
}
