package io.acuity.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Kernel;
import io.acuity.device.NativeLibrary;
import io.acuity.device.Precision;
import org.junit.jupiter.api.Test;

/** What is timed is a device's own form of a kernel, never the emulator. */
class BenchTest {
    @Test
    void refusesToTimeAnEmulatedKernel() {
        assertThatThrownBy(() -> Bench.open("emu"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("benchmark on emu: want a device at its full speed, have an emulator");
        try (Bench bench = Bench.open("cpu")) {
            assertThatThrownBy(() -> bench.require("no_such_kernel"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("benchmark of no_such_kernel on cpu: want the device's own form of the kernel, have an"
                            + " emulated one or none");
            for (NativeLibrary.Entry entry : NativeLibrary.load().kernels().of(Precision.FP32)) {
                String kernel = entry.name();
                assertThat(bench.require(kernel)).isEqualTo(new Kernel(kernel));
            }
        }
    }
}
