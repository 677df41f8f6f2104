package io.acuity.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each pass is found among the launches of the operations and can be repeated. */
class SqueezeExcitationBenchmarkTest {
    @ParameterizedTest
    @ValueSource(strings = {"sums", "product", "forward", "backward", "backward_weight", "backward_mean"})
    void runs(String pass) {
        SqueezeExcitationBenchmark benchmark = new SqueezeExcitationBenchmark();
        benchmark.shape = "2x40x9x17";
        benchmark.pass = pass;
        try (Bench bench = Bench.on(Device.open("emu", Precision.BF16))) {
            Runnable run = benchmark.prepare(bench);
            run.run();
            run.run();
        }
        assertThat(benchmark.work().flops()).isPositive();
        assertThat(benchmark.work().bytes()).isPositive();
    }
}
