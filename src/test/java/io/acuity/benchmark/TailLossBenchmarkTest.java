package io.acuity.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.acuity.device.CapturedLaunches;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is timed of a tail's loss. */
class TailLossBenchmarkTest {
    @ParameterizedTest
    @CsvSource({
        "forward, conv5x5_forward_loss tail_ring_loss tail_loss_reduce",
        "picture, conv5x5_forward_loss tail_ring_loss tail_loss_reduce",
        "backward, tail_ring_backward"
    })
    void isWhatTheOperationLaunches(String pass, String kernels) {
        TailLossBenchmark benchmark = new TailLossBenchmark();
        benchmark.layer = "1x8x3x4 to 12 shuffle 2";
        benchmark.pass = pass;
        CapturedLaunches device = new CapturedLaunches(Device.open("emu", Precision.BF16));
        try (Bench bench = Bench.on(device)) {
            Runnable run = benchmark.prepare(bench);
            device.note(run);
            assertThat(device.kernels()).containsExactly(kernels.split(" "));
        }
    }

    @Test
    void refusesWhatIsNoPass() {
        TailLossBenchmark benchmark = new TailLossBenchmark();
        benchmark.pass = "input";
        try (Bench bench = Bench.on(Device.open("emu", Precision.BF16))) {
            assertThatThrownBy(() -> benchmark.prepare(bench))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("pass: want forward, picture or backward, have input");
        }
    }

    /** 24 bytes a pixel of the picture, 36 with it, as the list of kernels says; of 16 x 192 x 192 pixels. */
    @Test
    void countsItsBytes() {
        TailLossBenchmark benchmark = new TailLossBenchmark();
        double without = benchmark.work().bytes();
        assertThat(without).isCloseTo(2.0 * 16 * 64 * 48 * 48 + 2.0 * 25 * 64 * 48 + 24.0 * 589_824, within(0.5));
        benchmark.pass = "picture";
        assertThat(benchmark.work().bytes() - without).isCloseTo(12.0 * 589_824, within(0.5));
        benchmark.pass = "backward";
        // a ring of 188 of 2304 pixels, each 4 x 4 as large, and strips of 576
        assertThat(benchmark.work().bytes()).isCloseTo(16 * 16 * (24.0 * 188 + 12.0 * 576), within(0.5));
    }
}
