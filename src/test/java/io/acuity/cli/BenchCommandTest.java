package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.Kernel;
import io.acuity.device.NativeLibrary;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BenchCommandTest {
    @AfterEach
    void allThreadsAgain() {
        NativeLibrary.load().threads(Runtime.getRuntime().availableProcessors());
    }

    @Test
    void timesBothTailsAndTellsTheShareOfThePeak() {
        Cli run = Cli.run("bench", "upscale", "--size", "24x16", "--rounds", 2, "--threads", 1, "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.objects()).hasSize(2);
        assertThat(run.objects().getFirst()).containsEntry("what", "upscale").containsEntry("tail", "layers");
        assertThat(run.objects().getLast()).containsEntry("tail", "collapsed").containsKeys("device", "share_of_peak");
        // 1,983,168 multiply-adds for each LR pixel of EDSR-S x4
        assertThat(run.number("gflops") * run.number("median_ms") / 1e3)
                .isCloseTo(2 * 1983168.0 * 24 * 16 / 1e9, offset(0.01));
    }

    /** 15.23 million multiply-adds for each LR pixel of RCAN x4, attention's tiny layers left out. */
    @Test
    void timesAnyNetwork() {
        Cli run = Cli.run("bench", "upscale", "-n", "rcan", "--size", "8x8", "--rounds", 1, "--threads", 1, "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.objects().getLast()).containsEntry("network", "rcan");
        double adds = 3 * 64 * 9 + (411.0 + 4 + 16) * 64 * 64 * 9 + 16 * 3 * 64 * 9;
        assertThat(run.number("gflops") * run.number("median_ms") / 1e3).isCloseTo(2 * adds * 64 / 1e9, offset(0.01));
        assertThat(Cli.run("bench", "upscale", "-n", "wing").err()).contains("--network: want one of [edsr");
    }

    @Test
    void refusesToTimeAnEmulatedKernel() {
        Cli run = Cli.run("bench", "upscale", "-g", "emu");

        assertThat(run.code()).isEqualTo(5);
        assertThat(run.err()).contains("which emulates").hasLineCount(1);
    }

    /** A device that is fast but for one kernel is refused before anything is timed. */
    @Test
    void refusesADeviceThatEmulatesOneKernel() {
        try (Device cpu = Device.open("cpu")) {
            BenchCommand.refuseEmulation(cpu);
            Device without = (Device) Proxy.newProxyInstance(
                    Device.class.getClassLoader(),
                    new Class<?>[] {Device.class},
                    (_, method, arguments) -> method.getName().equals("has")
                            ? !new Kernel("conv3d_forward").equals(arguments[0])
                            : method.invoke(cpu, arguments));
            assertThatThrownBy(() -> BenchCommand.refuseEmulation(without))
                    .isInstanceOf(DeviceException.class)
                    .hasMessage("bench: want a device with all kernels at full speed, have cpu, which emulates"
                            + " conv3d_forward");
        }
    }

    @Test
    void wrongUsage() {
        assertThat(Cli.run("bench").code()).isEqualTo(2);
        assertThat(Cli.run("bench", "sleep").code()).isEqualTo(2);
        assertThat(Cli.run("bench", "train", "--size", "32x32").code()).isEqualTo(2);
        assertThat(Cli.run("bench", "upscale", "--size", "32").err()).contains("want WIDTHxHEIGHT");
        assertThat(Cli.run("bench", "upscale", "--rounds", "0").code()).isEqualTo(2);
    }
}
