package io.acuity.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NormConv3x3BenchmarkTest {
    private static NormConv3x3Benchmark benchmark(int stride, String pass) {
        NormConv3x3Benchmark benchmark = new NormConv3x3Benchmark();
        benchmark.layer = "10x12x9x7 to 16";
        benchmark.stride = stride;
        benchmark.pass = pass;
        return benchmark;
    }

    private static void run(NormConv3x3Benchmark benchmark) {
        try (Bench bench = Bench.on(Device.open("emu", Precision.BF16))) {
            Runnable run = benchmark.prepare(bench);
            run.run();
            run.run();
        }
    }

    /** Each pass is among the launches of the operations; what is not there is an error. */
    @ParameterizedTest
    @ValueSource(strings = {"forward", "moments", "backward_input", "backward_tiles", "backward_weight"})
    void findsItsLaunchesAmongTheOperations(String pass) {
        for (int stride = 1; stride <= 2; stride++) {
            run(benchmark(stride, pass));
        }
    }

    @Test
    void refusesAnotherPass() {
        assertThatThrownBy(() -> run(benchmark(1, "input")))
                .hasMessage(
                        "pass: want forward, moments, backward_input, backward_tiles or backward_weight, have input");
    }

    @Test
    void countsMapsOnce() {
        // 10 images of 9 x 7 pixels, 12 channels, and of 5 x 4, 16 channels; two tiles each, with 8 bytes a channel
        assertThat(benchmark(2, "forward").work().bytes())
                .isEqualTo(2.0 * (630 * 12 + 200 * 16) + 8.0 * 20 * 16 + 2 * 9 * 12 * 16);
        assertThat(benchmark(2, "backward_tiles").work().bytes()).isEqualTo(8.0 * 20 * 12);
        assertThat(benchmark(2, "backward_input").work().flops()).isEqualTo(2.0 * 9 * 200 * 12 * 16);
    }
}
