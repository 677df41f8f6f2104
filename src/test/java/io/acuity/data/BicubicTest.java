package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.acuity.data.Bicubic.Convention;
import io.acuity.op.BicubicTaps;
import io.acuity.op.BicubicTaps.Border;
import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BicubicTest {
    @Property(tries = 200)
    void weightsSumToOneAndPositionsLieInside(
            @ForAll @IntRange(min = 1, max = 60) int in,
            @ForAll @IntRange(min = 1, max = 60) int out,
            @ForAll Border border) {
        BicubicTaps taps = BicubicTaps.of(in, out, border);
        for (int r = 0; r < out; r++) {
            double sum = 0;
            for (int k = 0; k < taps.taps(); k++) {
                sum += taps.weight()[r * taps.taps() + k];
                assertThat(taps.index()[r * taps.taps() + k]).isBetween(0, in - 1);
            }
            assertThat(sum).isCloseTo(1, within(1e-12));
        }
    }

    @Test
    void theWeightsOfHalvingAreKnown() {
        // the kernel at quarters: (-3, -9, 29, 111, 111, 29, -9, -3) / 256
        BicubicTaps taps = BicubicTaps.of(32, 16, Border.CLAMPED);
        double[] wanted = {-3, -9, 29, 111, 111, 29, -9, -3};
        assertThat(taps.taps()).isEqualTo(8);
        for (int k = 0; k < 8; k++) {
            assertThat(taps.weight()[5 * 8 + k] * 256).isCloseTo(wanted[k], within(1e-12));
            assertThat(taps.index()[5 * 8 + k]).isEqualTo(2 * 5 - 3 + k);
        }
    }

    @Property(tries = 30)
    void aPlainPictureStaysPlain(
            @ForAll @IntRange(min = 1, max = 40) int w,
            @ForAll @IntRange(min = 1, max = 40) int h,
            @ForAll @IntRange(min = 1, max = 40) int toW,
            @ForAll @IntRange(min = 1, max = 40) int toH,
            @ForAll Convention convention) {
        short[] samples = new short[w * h * 2];
        Arrays.fill(samples, (short) 43210);
        Image resized = Bicubic.resize(Image.of(w, h, 2, samples), toW, toH, convention);
        assertThat(resized.shorts()).hasSize(toW * toH * 2).containsOnly(43210);
    }

    @Test
    void sixteenBitsKeepTheirPrecision() {
        Image image = Fixtures.scene(64, 48, 3, 16);
        Image small = Bicubic.shrink(image, 2, Convention.MIRRORED_DOUBLE);
        double[] exact = new double[64 * 48 * 3];
        for (int i = 0; i < exact.length; i++) {
            exact[i] = image.sample(i);
        }
        double[] wanted = Bicubic.resize(
                exact, 3, BicubicTaps.of(48, 24, Border.MIRRORED), BicubicTaps.of(64, 32, Border.MIRRORED));
        for (int i = 0; i < wanted.length; i++) {
            assertThat((double) small.sample(i)).isCloseTo(Math.clamp(wanted[i], 0, 65535), within(0.5));
        }
    }

    @Test
    void unequalScalesBeginWithTheSmaller() {
        Image image = Fixtures.scene(40, 30, 3, 8);
        Image across = Bicubic.resize(image, 10, 60, Convention.CLAMPED_U8);
        Image inTurn =
                Bicubic.resize(Bicubic.resize(image, 10, 30, Convention.CLAMPED_U8), 10, 60, Convention.CLAMPED_U8);
        assertThat(across.bytes()).isEqualTo(inTurn.bytes());
    }

    @Test
    void threadsDoNotChangeTheResult() throws Exception {
        Image image = Fixtures.scene(301, 203, 3, 8);
        byte[] many = Bicubic.resize(image, 97, 77, Convention.MIRRORED_U8).bytes();
        try (ForkJoinPool one = new ForkJoinPool(1)) {
            byte[] alone = one.submit(() -> Bicubic.resize(image, 97, 77, Convention.MIRRORED_U8)
                            .bytes())
                    .get();
            assertThat(alone).isEqualTo(many);
        }
    }

    @Test
    void wrongNamesAndSizesAreToldInASentence() {
        assertThatThrownBy(() -> Convention.of("lanczos"))
                .hasMessage("bicubic convention: want clamped-u8, mirrored-u8 or mirrored-double, have lanczos");
        assertThat(Convention.of("mirrored-double")).isEqualTo(Convention.MIRRORED_DOUBLE);
        assertThatThrownBy(() -> Bicubic.shrink(Fixtures.scene(9, 9, 1, 8), 2, Convention.CLAMPED_U8))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
