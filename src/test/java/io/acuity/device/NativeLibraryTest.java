package io.acuity.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class NativeLibraryTest {
    /** The seam: kinds of arguments by kernel, written down apart from both sides. */
    private static final Map<String, String> SIGNATURES = Map.ofEntries(
            Map.entry("conv3x3_pack_forward", "PPIII"),
            Map.entry("conv3x3_pack_backward", "PPIII"),
            Map.entry("conv3x3_forward", "PPPPPIIIIIIIF"),
            Map.entry("conv3x3_backward_input", "PPPPIIIIIIFI"),
            Map.entry("conv3x3_backward_weight", "PPPPIIIIIIFI"),
            Map.entry("conv5x5_pack_forward", "PPIII"),
            Map.entry("conv5x5_pack_backward", "PPIII"),
            Map.entry("conv5x5_forward", "PPPPIIIIII"),
            Map.entry("conv5x5_backward_input", "PPPPIIIIIIFI"),
            Map.entry("conv5x5_backward_weight", "PPPPIIIIIIFI"),
            Map.entry("conv1x1_forward", "PPPPIIIII"),
            Map.entry("conv1x1_backward_input", "PPPIIIIII"),
            Map.entry("conv1x1_backward_weight", "PPPPIIIIII"),
            Map.entry("relu_forward", "PPL"),
            Map.entry("relu_backward", "PPPLI"),
            Map.entry("leaky_relu_forward", "PPFL"),
            Map.entry("leaky_relu_backward", "PPPFLI"),
            Map.entry("add_forward", "PPPL"),
            Map.entry("add_backward", "PPLI"),
            Map.entry("scale_forward", "PPFL"),
            Map.entry("scale_backward", "PPFLI"),
            Map.entry("pixel_shuffle_forward", "PPIIIII"),
            Map.entry("pixel_shuffle_backward", "PPIIIIII"),
            Map.entry("mean_shift_forward", "PPFFFL"),
            Map.entry("l1_loss_forward", "PPPL"),
            Map.entry("l1_loss_reduce", "PPIF"),
            Map.entry("l1_loss_backward", "PPPPFLI"),
            Map.entry("adam_step", "PPPPPPL"),
            Map.entry("ema_step", "PPPPL"),
            Map.entry("patch_crop_forward", "PPPIII"),
            Map.entry("bicubic_rows", "PPPPIIIIII"),
            Map.entry("bicubic_columns", "PPPPIIIIII"),
            Map.entry("u8_to_tensor", "PPFL"),
            Map.entry("tensor_to_u8", "PPFL"),
            Map.entry("u16_to_tensor", "PPFL"),
            Map.entry("tensor_to_u16", "PPFL"),
            Map.entry("region_copy", "PPIIIIIIIIIIIII"));

    private static final NativeLibrary LIBRARY = NativeLibrary.load();

    @Test
    void kernelsTakeWhatTheSeamSays() {
        Map<String, String> have = new TreeMap<>();
        LIBRARY.kernels().entries().forEach(entry -> have.put(entry.name(), entry.signature()));
        assertThat(have).containsAllEntriesOf(SIGNATURES);
    }

    @Test
    void everyKernelHasATwin() {
        assertThat(LIBRARY.kernels().of(Precision.FP32).stream()
                        .filter(entry -> !entry.hasTwin())
                        .map(NativeLibrary.Entry::name))
                .isEmpty();
    }

    @Test
    void threadsCanBeSet() {
        int before = LIBRARY.threads(0);
        try {
            assertThat(LIBRARY.threads(1)).isEqualTo(1);
            assertThat(LIBRARY.threads(0)).as("0 only asks").isEqualTo(1);
            assertThat(LIBRARY.threads(3)).isEqualTo(3);
        } finally {
            assertThat(LIBRARY.threads(before)).isEqualTo(before);
        }
    }

    @Test
    void instructionSetCanBeForced() {
        String before = LIBRARY.isa(null);
        try {
            assertThat(LIBRARY.isa("plain")).isEqualTo("plain");
            assertThat(LIBRARY.isa(null)).isEqualTo("plain");
            assertThatThrownBy(() -> LIBRARY.isa("mmx"))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("mmx");
        } finally {
            assertThat(LIBRARY.isa(before)).isEqualTo(before);
        }
    }

    @Test
    void peakIsPlausible() {
        NativeLibrary.Peak peak = LIBRARY.measurePeak(1);
        assertThat(peak.gflops()).isBetween(1.0, 2000.0);
        assertThat(peak.copyGigabytesPerSecond()).isBetween(0.2, 2000.0);
    }
}
