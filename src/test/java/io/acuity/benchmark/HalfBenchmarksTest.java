package io.acuity.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Benchmarks of bf16 forms find what they time among the launches of the operation. */
class HalfBenchmarksTest {
    private static Arguments benchmark(Supplier<Timed> benchmark, String name) {
        return Arguments.argumentSet(name, benchmark);
    }

    static Stream<Arguments> benchmarks() {
        return Stream.of(
                benchmark(
                        () -> {
                            AdaptiveAveragePoolBenchmark pool = new AdaptiveAveragePoolBenchmark();
                            pool.shape = "2x8x6x6";
                            pool.pass = "backward";
                            return pool;
                        },
                        "pool"),
                benchmark(
                        () -> {
                            HaarTransformBenchmark haar = new HaarTransformBenchmark();
                            haar.shape = "2x3x8x6";
                            return haar;
                        },
                        "haar"),
                benchmark(
                        () -> {
                            WeightGradientGroupBenchmark group = new WeightGradientGroupBenchmark();
                            group.layer = "conv3x3 1x8x4x4 to 8";
                            group.layers = 4;
                            return group;
                        },
                        "weight gradients"),
                benchmark(
                        () -> {
                            SkipGradientBenchmark skip = new SkipGradientBenchmark();
                            skip.layer = "1x8x4x4 to 8";
                            return skip;
                        },
                        "skip"),
                benchmark(
                        () -> {
                            AdamPackedBenchmark adam = new AdamPackedBenchmark();
                            adam.blocks = 1;
                            adam.features = 8;
                            return adam;
                        },
                        "adam"));
    }

    @ParameterizedTest
    @MethodSource("benchmarks")
    void runTwice(Supplier<Timed> made) {
        Timed benchmark = made.get();
        try (Bench bench = Bench.on(Device.open("emu", Precision.BF16))) {
            Runnable run = benchmark.prepare(bench);
            run.run();
            run.run();
        }
        assertThat(benchmark.work().bytes()).isPositive();
    }

    @Test
    void countsTheParametersOfEdsr() {
        assertThat(new AdamPackedBenchmark().parameters()).isEqualTo(1_517_571);
    }
}
