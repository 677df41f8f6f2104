package io.acuity.op;

import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.op.DirectBank.Filter;
import io.acuity.op.SpectralBank.Row;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpectralBankTest {
    private static final double HALF_A_LEVEL = 0.5 / 255 + 2e-6;

    private static Tensor picture(Tape tape, Shape s) {
        float[] values = uniform(s.elements(), 17);
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(127.5f * (values[i] + 1)) / 255f;
        }
        Tensor x = tape.input(s);
        x.set(values);
        return x;
    }

    /** What a unit impulse at (0, 0) becomes: the inverse transform of the response, cosine by cosine. */
    private static double[][] impulse(Response r, int h, int w) {
        double[][] kernel = new double[h][w];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                double sum = 0;
                for (int v = 0; v < h; v++) {
                    for (int u = 0; u < w; u++) {
                        double fy = (v <= h / 2 ? v : v - h) / (double) h;
                        double fx = (u <= w / 2 ? u : u - w) / (double) w;
                        double a = r.a().down().at(fy) * r.a().across().at(fx);
                        double b = r.b().down().at(fy) * r.b().across().at(fx);
                        double t = r.constant() + r.first() * a + r.second() * b;
                        sum += t * Math.cos(2 * Math.PI * (y * v / (double) h + x * u / (double) w));
                    }
                }
                kernel[y][x] = sum / (h * w);
            }
        }
        return kernel;
    }

    /** The periodic convolution with the response's kernel, over pixels. */
    private static double[] plain(double[] hr, Shape s, Row row) {
        double[][] kernel = impulse(row.response(), s.h(), s.w());
        double[] y = new double[3 * s.h() * s.w()];
        for (int c = 0; c < 3; c++) {
            for (int h = 0; h < s.h(); h++) {
                for (int w = 0; w < s.w(); w++) {
                    double sum = 0;
                    for (int i = 0; i < s.h(); i++) {
                        for (int j = 0; j < s.w(); j++) {
                            sum += kernel[(h - i + s.h()) % s.h()][(w - j + s.w()) % s.w()]
                                    * hr[Plain.at(s, row.source(), c, i, j)];
                        }
                    }
                    y[(c * s.h() + h) * s.w() + w] = sum;
                }
            }
        }
        return y;
    }

    private static void assertLevels(String what, float[] have, double[] truth) {
        for (int i = 0; i < have.length; i++) {
            assertThat((double) have[i])
                    .as("%s at %d", what, i)
                    .isCloseTo(Math.clamp(truth[i], 0.0, 1.0), offset(HALF_A_LEVEL));
            assertThat(have[i]).isEqualTo(Math.round(have[i] * 255) / 255f);
        }
    }

    @EveryDevice(standIn = true)
    void convolvesWithTheResponse(Device device) {
        for (Shape s : List.of(new Shape(2, 3, 6, 8), new Shape(2, 3, 10, 9), new Shape(2, 3, 1, 14))) {
            GuardedDevice guarded = new GuardedDevice(device);
            try (Arena arena = Arena.poisoned(guarded);
                    Tape tape = Tape.recording(arena)) {
                Tensor hr = picture(tape, s);
                List<Row> rows = List.of(
                        new Row(1, Response.lowPass(1.3, 0.4), 1),
                        new Row(0, Response.highBoost(2.6, 0.9, 1.7), 0),
                        new Row(1, Response.band(2.2, 1.1, 1.6), 3),
                        new Row(0, Response.lowPass(1.3, 0.4), 2));
                float[] y = SpectralBank.apply(tape, hr, rows).toArray();
                int image = 3 * s.h() * s.w();
                for (Row row : rows) {
                    assertLevels(
                            s + " " + row,
                            Arrays.copyOfRange(y, row.target() * image, (row.target() + 1) * image),
                            plain(doubles(hr.toArray()), s, row));
                }
                guarded.check();
            }
        }
    }

    /**
     * The direct filters and their transfer functions are the same filter where no border is in reach: at most one level apart,
     * and that only where the exact value is nearly a tie.
     */
    @EveryDevice(standIn = true)
    void agreesWithTheDirectBankInside(Device device) {
        Shape s = new Shape(2, 3, 20, 24);
        int reach = 5;
        List<DirectBank.Row> direct = new ArrayList<>();
        List<Row> spectral = new ArrayList<>();
        for (float factor : new float[] {0.5f, 1, 1.5f, 2.9f}) {
            direct.add(new DirectBank.Row(1, new Filter.Sharpen(factor)));
            spectral.add(new Row(1, Response.sharpen(factor), spectral.size()));
        }
        for (int taps = 1; taps <= 11; taps += 2) {
            Gaussian gaussian = new Gaussian(taps, 12 - taps, 0.2 + 0.15 * taps, 1.9 - 0.15 * taps);
            direct.add(new DirectBank.Row(0, new Filter.Blur(gaussian)));
            spectral.add(new Row(0, Response.blur(gaussian), spectral.size()));
        }
        try (Tape tape = Tape.inference(device)) {
            Tensor hr = picture(tape, s);
            float[] a = DirectBank.apply(tape, hr, null, direct).toArray();
            float[] b = SpectralBank.apply(tape, hr, spectral).toArray();
            double[] truth = PlainFilters.apply(doubles(hr.toArray()), s, new double[0], s, direct);
            int compared = 0;
            for (int i = 0; i < a.length; i++) {
                int h = i / s.w() % s.h();
                int w = i % s.w();
                if (h < reach || w < reach || h >= s.h() - reach || w >= s.w() - reach) {
                    continue;
                }
                compared++;
                double fraction = Math.abs(truth[i] * 255 - Math.floor(truth[i] * 255) - 0.5);
                assertThat(b[i])
                        .as("row %d, (%d, %d)", i / (3 * s.h() * s.w()), h, w)
                        .isCloseTo(a[i], offset(fraction < 1e-3 ? 1.001f / 255 : 0f));
            }
            assertThat(compared).isEqualTo(direct.size() * 3 * 10 * 14);
        }
    }

    /** Sampled and cut to 11 taps, a Gaussian is nearly the ideal one where it fits: sigma 1.3, as levels of 8 bits. */
    @Test
    void tapsApproachTheIdealGaussian() {
        Response ideal = Response.lowPass(1.3, 1.3);
        Response taps = Response.blur(new Gaussian(11, 11, 1.3, 1.3));
        for (double f = 0; f <= 0.5; f += 0.01) {
            assertThat(taps.a().down().at(f)).isCloseTo(ideal.a().down().at(f), offset(2e-4));
        }
    }

    /** Mean colours stay; only what a filter is about changes. */
    @Test
    void responsesAtNoughtAndAtTheirPeaks() {
        for (Response r : List.of(
                Response.lowPass(1, 2),
                Response.highBoost(2.5, 1, 2),
                Response.band(2.5, 1, 2),
                Response.sharpen(2.5),
                Response.blur(new Gaussian(7, 9, 1, 2)))) {
            assertThat(at(r, 0, 0)).isCloseTo(1, offset(1e-12));
        }
        assertThat(at(Response.highBoost(2.5, 4, 4), 0.5, 0.5)).isCloseTo(2.5, offset(1e-6));
        double peak = 0;
        for (double f = 0; f <= 0.5; f += 1e-4) {
            peak = Math.max(peak, at(Response.band(2.5, 1.5, 1.5), f, 0));
        }
        assertThat(peak).isCloseTo(2.5, offset(1e-6));
        assertThat(at(Response.sharpen(2), 0.5, 0.5))
                .isCloseTo(2 - 5 / 13.0, offset(1e-12)); // S of a chessboard is 5/13
    }

    private static double at(Response r, double fy, double fx) {
        return r.constant()
                + r.first() * r.a().down().at(fy) * r.a().across().at(fx)
                + r.second() * r.b().down().at(fy) * r.b().across().at(fx);
    }

    @EveryDevice(standIn = true)
    void refusesWhatDoesNotFit(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor hr = picture(tape, new Shape(1, 3, 4, 4));
            Response blur = Response.lowPass(1, 1);
            assertThatThrownBy(() -> SpectralBank.apply(tape, hr, List.of(new Row(1, blur, 0))))
                    .hasMessage("spectral_bank source: want 0 to 0, have 1");
            assertThatThrownBy(() -> SpectralBank.apply(tape, hr, List.of(new Row(0, blur, 1))))
                    .hasMessage("spectral_bank target: want 0 to 0, have 1");
            assertThatThrownBy(() ->
                            SpectralBank.apply(tape, tape.input(new Shape(1, 1, 4, 4)), List.of(new Row(0, blur, 0))))
                    .hasMessage("spectral_bank hr: want 3 channels, have [1, 1, 4, 4]");
        }
    }
}
