package io.acuity.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricTest {
    @Test
    void lumaOfKnownColours() {
        assertThat(Luma.of(0, 0, 0)).isEqualTo(16);
        assertThat(Luma.of(255, 255, 255)).isCloseTo(235, within(1e-12));
        assertThat(Luma.of(255, 0, 0)).isCloseTo(81.481, within(1e-12));
    }

    @Test
    void psnrOfAKnownError() {
        Plane a = new Plane(4, 3, new double[12]);
        double[] off = new double[12];
        off[5] = 6; // mean squared error 3
        assertThat(Psnr.of(a, new Plane(4, 3, off))).isCloseTo(43.3596, within(1e-4));
        assertThat(Psnr.of(a, a)).isEqualTo(Double.POSITIVE_INFINITY);
        Pixels black = Pixels.of(4, 3, 3, new byte[36]);
        byte[] one = new byte[36];
        one[7] = 6; // mean squared error 1
        assertThat(Psnr.of(black, Pixels.of(4, 3, 3, one))).isCloseTo(48.1308, within(1e-4));
    }

    @Test
    void ssimEqualsItsDefinition() {
        int w = 17;
        int h = 14;
        double[] x = noise(w * h, 1);
        double[] y = noise(w * h, 2);
        double[][] window = new double[11][11];
        double total = 0;
        for (int i = 0; i < 11; i++) {
            for (int j = 0; j < 11; j++) {
                window[i][j] = Math.exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / 4.5);
                total += window[i][j];
            }
        }
        double sum = 0;
        for (int top = 0; top + 11 <= h; top++) {
            for (int left = 0; left + 11 <= w; left++) {
                double mx = 0;
                double my = 0;
                double xx = 0;
                double yy = 0;
                double xy = 0;
                for (int i = 0; i < 11; i++) {
                    for (int j = 0; j < 11; j++) {
                        double g = window[i][j] / total;
                        double a = x[(top + i) * w + left + j];
                        double b = y[(top + i) * w + left + j];
                        mx += g * a;
                        my += g * b;
                        xx += g * a * a;
                        yy += g * b * b;
                        xy += g * a * b;
                    }
                }
                double c1 = 6.5025;
                double c2 = 58.5225;
                sum += (2 * mx * my + c1)
                        * (2 * (xy - mx * my) + c2)
                        / ((mx * mx + my * my + c1) * (xx - mx * mx + yy - my * my + c2));
            }
        }
        assertThat(Ssim.of(new Plane(w, h, x), new Plane(w, h, y))).isCloseTo(sum / (7 * 4), within(1e-12));
        assertThat(Ssim.of(new Plane(w, h, x), new Plane(w, h, x))).isCloseTo(1, within(1e-12));
    }

    @Test
    void alphaIsNotLookedAtAndSixteenBitsCountAsEight() {
        byte[] rgb = bytes(30 * 20 * 3, 3);
        byte[] rgba = new byte[30 * 20 * 4];
        short[] wide = new short[30 * 20 * 3];
        for (int i = 0; i < 30 * 20; i++) {
            for (int c = 0; c < 3; c++) {
                rgba[4 * i + c] = rgb[3 * i + c];
                wide[3 * i + c] = (short) ((rgb[3 * i + c] & 0xFF) * 257);
            }
            rgba[4 * i + 3] = (byte) i;
        }
        Pixels plain = Pixels.of(30, 20, 3, rgb);
        Pixels other = Pixels.of(30, 20, 3, bytes(30 * 20 * 3, 4));
        Score wanted = Protocol.RCAN.score(other, plain, 2);
        assertThat(Protocol.RCAN.score(other, Pixels.of(30, 20, 4, rgba), 2)).isEqualTo(wanted);
        Score sixteen = Protocol.RCAN.score(other, Pixels.of(30, 20, 3, wide), 2);
        assertThat(sixteen.psnrY()).isCloseTo(wanted.psnrY(), within(1e-9));
    }

    @Test
    void greyIsRepeatedOrItsOwnLuma() {
        Pixels a = Pixels.of(30, 20, 1, bytes(600, 5));
        Pixels b = Pixels.of(30, 20, 1, bytes(600, 6));
        double own = Protocol.SELFEXSR.score(a, b, 2).psnrY();
        double repeated = Protocol.RCAN.score(a, b, 2).psnrY();
        // three equal channels shrink differences by 219 / 255
        assertThat(repeated - own).isCloseTo(20 * Math.log10(255.0 / 219), within(0.02));
    }

    @Test
    void theReferenceIsCutToMultiplesOfTheScale() {
        Pixels reference = Pixels.of(33, 22, 3, bytes(33 * 22 * 3, 7));
        assertThat(Protocol.RCAN
                        .score(reference, Pixels.of(32, 20, 3, bytes(32 * 20 * 3, 8)), 4)
                        .psnrY())
                .isPositive();
        assertThatThrownBy(() -> Protocol.RCAN.score(reference, Pixels.of(33, 22, 3, bytes(33 * 22 * 3, 8)), 4))
                .hasMessage("metric: want two pictures of one size, have 32x20 and 33x22");
        assertThatThrownBy(() -> Protocol.RCAN.scoreShaved(reference, reference, 11))
                .hasMessage("metric: want a border of less than half of 33x22, have 11");
        assertThatThrownBy(() -> Protocol.RCAN.scoreShaved(reference, reference, 8))
                .hasMessage("ssim: want at least 11x11 samples, have 17x6");
    }

    @Test
    void protocolsHaveNames() {
        assertThat(Protocol.of("EDSR")).isEqualTo(Protocol.RCAN);
        assertThat(Protocol.of("paper").describe()).contains("rounded", "grey as its own luma");
        assertThatThrownBy(() -> Protocol.of("mine"))
                .hasMessage("protocol: want rcan, basicsr, selfexsr or paper, have mine");
        assertThat(Score.mean(List.of(new Score(30, 0.8, 28), new Score(32, 0.9, 30)))
                        .psnrY())
                .isEqualTo(31);
    }

    private static double[] noise(int length, long seed) {
        return new Random(seed).doubles(length, 0, 255).toArray();
    }

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
