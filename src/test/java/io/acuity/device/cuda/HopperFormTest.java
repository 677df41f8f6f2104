package io.acuity.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class HopperFormTest {
    private static Object[] forward(int n, int h, int w, int in, int out, int shuffle) {
        return new Object[] {null, null, null, null, null, n, h, w, in, out, shuffle, 0, 1f};
    }

    @Test
    void takesSixtyFourChannelsWithoutShuffle() {
        assertThat(HopperForm.of("conv3x3_forward_bf16")).isEqualTo(HopperForm.CONV3X3_FORWARD);
        HopperForm form = HopperForm.CONV3X3_FORWARD;
        assertThat(form.fits(forward(1, 5, 5, 64, 64, 1))).isTrue();
        assertThat(form.fits(forward(1, 5, 5, 64, 256, 2))).isFalse();
        assertThat(form.fits(forward(1, 5, 5, 64, 64, 2))).isFalse();
        assertThat(form.fits(forward(1, 5, 5, 32, 64, 1))).isFalse();
        HopperForm sums = HopperForm.CONV3X3_FORWARD_SUMS;
        assertThat(sums.fits(null, null, null, null, null, 1, 5, 5, 64, 64)).isTrue();
        assertThat(sums.fits(null, null, null, null, null, 1, 5, 5, 64, 32)).isFalse();
        HopperForm product = HopperForm.CONV3X3_BACKWARD_INPUT_PRODUCT;
        assertThat(product.fits(null, null, null, null, null, null, 1, 5, 5, 64, 64, 1f))
                .isTrue();
        assertThat(product.fits(null, null, null, null, null, null, 1, 5, 5, 32, 64, 1f))
                .isFalse();
        assertThat(HopperForm.of("conv3x3_forward")).isNull();
        assertThat(HopperForm.of("conv5x5_forward_bf16")).isNull();
    }

    @Test
    void fillsTheGpuAndNoMore() {
        HopperForm form = HopperForm.CONV3X3_FORWARD;
        assertThat(form.blocks(132, forward(16, 48, 48, 64, 64, 1))).isEqualTo(16 * 8 * 2);
        assertThat(form.blocks(132, forward(1, 7, 25, 64, 64, 1))).isEqualTo(4);
        assertThat(form.blocks(132, forward(64, 48, 48, 64, 64, 1))).isEqualTo(264);
        assertThat(HopperForm.CONV3X3_BACKWARD_WEIGHT.blocks(132, null, null, null, 16, 48, 48, 64, 64, 1, 97))
                .isEqualTo(97);
    }

    /** The kernels assert the sizes of their shared memory, and have the numbers of threads. */
    @Test
    void hasTheSizesOfTheKernels() throws IOException {
        String text = Files.readString(Path.of("kernels/sm90/conv3x3_sm90.cu"));
        assertThat(numbers("sizeof\\(Memory\\) == (\\d+)", text))
                .containsExactly(HopperForm.CONV3X3_FORWARD.shared(), HopperForm.CONV3X3_BACKWARD_WEIGHT.shared());
        for (HopperForm same : List.of(
                HopperForm.CONV3X3_BACKWARD_INPUT,
                HopperForm.CONV3X3_BACKWARD_INPUT_SKIP,
                HopperForm.CONV3X3_BACKWARD_INPUT_PRODUCT,
                HopperForm.CONV3X3_FORWARD_SUMS)) {
            assertThat(same.shared()).isEqualTo(HopperForm.CONV3X3_FORWARD.shared());
            assertThat(same.threads()).isEqualTo(HopperForm.CONV3X3_FORWARD.threads());
        }
        assertThat(numbers("constexpr int threads = (\\d+)", text))
                .containsExactly(HopperForm.CONV3X3_FORWARD.threads(), HopperForm.CONV3X3_BACKWARD_WEIGHT.threads());
    }

    private static Integer[] numbers(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult found) -> Integer.valueOf(found.group(1)))
                .toArray(Integer[]::new);
    }
}
