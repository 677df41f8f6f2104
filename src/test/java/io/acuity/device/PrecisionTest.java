package io.acuity.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PrecisionTest {
    private static final Kernel RELU = new Kernel("relu_forward");

    @Test
    void fillsUpBlocksOfChannels() {
        assertThat(Precision.FP32.stored(2, 5, 3, 4)).isEqualTo(2 * 5 * 3 * 4);
        assertThat(Precision.BF16.stored(2, 5, 3, 4)).isEqualTo(2 * 8 * 3 * 4);
        assertThat(Precision.BF16.stored(2, 8, 3, 4)).isEqualTo(2 * 8 * 3 * 4);
        assertThat(Precision.BF16.stored(1, 9, 1, 1)).isEqualTo(16);
    }

    @Test
    void theCpuComputesInFp32Alone() {
        assertThatThrownBy(() -> Device.open("cpu", Precision.BF16))
                .isInstanceOf(DeviceException.class)
                .hasMessage("device cpu: want precision fp32, have bf16");
        assertThatThrownBy(() -> Device.open("abacus", Precision.BF16)).hasMessageContaining("have abacus");
        try (Device device = Device.open("emu", Precision.BF16)) {
            assertThat(device.precision()).isEqualTo(Precision.BF16);
            assertThat(device.describe()).contains("bf16");
        }
    }

    @Test
    void theBuffersChooseTheForm() {
        KernelTable table = NativeLibrary.load().kernels();
        try (Device device = Device.open("emu", Precision.BF16)) {
            Buffer plain = device.allocate(64);
            Buffer half = plain.as(Precision.BF16);
            assertThat(table.select(RELU, plain, plain, 8L).name()).isEqualTo("relu_forward");
            assertThat(table.select(RELU, half, half, 8L).name()).isEqualTo("relu_forward_bf16");
            assertThat(half.slice(16, 16).precision()).isEqualTo(Precision.BF16);
            assertThatThrownBy(() -> device.launch(RELU, Grid.cover(8), half, plain, 8L))
                    .hasMessage("relu_forward_bf16 takes HHL, was given HPL");
        }
    }

    @Test
    void aKernelWithoutTheFormSaysSo() {
        try (Device device = Device.open("emu", Precision.BF16)) {
            Buffer half = device.allocate(64).as(Precision.BF16);
            assertThatThrownBy(() -> device.launch(new Kernel("sigmoid_forward"), Grid.cover(8), half, half, 8L))
                    .isInstanceOf(DeviceException.class)
                    .hasMessage("sigmoid_forward has no form for bf16; want precision fp32");
        }
    }

    @Test
    void noBlockCoversItemsOfTwoOfABatch() {
        assertThat(Grid.cover(4, 5, 6).times(3))
                .isEqualTo(new Grid(4, 5, 6, 3))
                .hasToString("Grid[4 x 5 x 6, 3 times]");
        assertThatThrownBy(() -> Grid.cover(1).times(-1))
                .hasMessage("grid: want no negative side, have 1 x 1 x 1, -1 times");
    }
}
