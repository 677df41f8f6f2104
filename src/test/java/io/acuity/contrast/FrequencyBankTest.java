package io.acuity.contrast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.contrast.FrequencyBank.Row;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.op.DirectBank.Filter;
import io.acuity.op.HaarTransform;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FrequencyBankTest {
    private static final int BATCH = 4;

    private static List<Row> rows(BankOptions options, long step) {
        return FrequencyBank.of(options).rows(BATCH, 7, step);
    }

    private static List<Row> set(List<Row> rows, int k) {
        return rows.subList(k * BATCH, (k + 1) * BATCH);
    }

    @Test
    void setsStandInTheirOrder() {
        BankOptions options = BankOptions.standard();
        List<Row> rows = rows(options, 0);
        assertThat(options.positives()).isEqualTo(4);
        assertThat(options.negatives()).isEqualTo(4);
        assertThat(rows).hasSize(8 * BATCH);
        assertThat(set(rows, 0)).allMatch(row -> row.filter() instanceof Filter.Copy);
        for (int k = 1; k < 4; k++) {
            assertThat(set(rows, k)).allMatch(row -> row.filter() instanceof Filter.Sharpen);
        }
        assertThat(set(rows, 4)).allMatch(row -> row.filter() instanceof Filter.Enlarge);
        for (int k = 5; k < 8; k++) {
            assertThat(set(rows, k)).allMatch(row -> row.filter() instanceof Filter.Blur);
            assertThat(set(rows, k).stream().map(Row::filter).distinct()).hasSize(1); // one kernel a set
        }
        for (int i = 0; i < rows.size(); i++) {
            assertThat(rows.get(i).source()).isEqualTo(i % BATCH);
        }
    }

    private static Stream<Float> factors(BankOptions options) {
        return Stream.iterate(0L, step -> step + 1)
                .limit(200)
                .flatMap(step -> rows(options, step).stream())
                .filter(row -> row.filter() instanceof Filter.Sharpen)
                .map(row -> ((Filter.Sharpen) row.filter()).factor());
    }

    @Test
    void factorsFillTheirRange() {
        List<Float> standard = factors(BankOptions.standard()).toList();
        assertThat(standard).hasSize(200 * 3 * BATCH).allMatch(f -> f >= 1 && f <= 3);
        assertThat(standard.stream().mapToDouble(f -> f).average().orElse(0)).isBetween(1.95, 2.05);
        List<Float> released = factors(BankOptions.released()).toList();
        assertThat(released).allMatch(f -> f >= 0.5 && f <= 3);
        assertThat(released.stream().filter(f -> f < 1).count() / (double) released.size())
                .isBetween(0.17, 0.23);
    }

    @Test
    void blursVaryInSizeAndWidth() {
        List<Filter.Blur> blurs = Stream.iterate(0L, step -> step + 1)
                .limit(200)
                .flatMap(step -> Stream.of(5, 6, 7)
                        .map(k -> set(rows(BankOptions.standard(), step), k)
                                .getFirst()
                                .filter()))
                .map(Filter.Blur.class::cast)
                .toList();
        assertThat(blurs.stream().map(b -> b.gaussian().tapsY()).distinct()).containsExactlyInAnyOrder(3, 5, 7, 9, 11);
        assertThat(blurs.stream().map(b -> b.gaussian().tapsX()).distinct()).containsExactlyInAnyOrder(3, 5, 7, 9, 11);
        assertThat(blurs)
                .allMatch(b -> b.gaussian().sigmaX() >= 0.1 && b.gaussian().sigmaX() < 2);
        assertThat(blurs.stream()
                        .mapToDouble(b -> b.gaussian().sigmaY())
                        .average()
                        .orElse(0))
                .isBetween(1.0, 1.1);
    }

    @Test
    void aStepIsDrawnAgainAlike() {
        assertThat(rows(BankOptions.standard(), 5)).isEqualTo(rows(BankOptions.standard(), 5));
        assertThat(rows(BankOptions.standard(), 5)).isNotEqualTo(rows(BankOptions.standard(), 6));
        assertThat(FrequencyBank.of(BankOptions.standard()).rows(BATCH, 8, 5))
                .isNotEqualTo(rows(BankOptions.standard(), 5));
    }

    @Test
    void onlyAugmentedLeavesOutHrAndLr() {
        BankOptions options = BankOptions.standard().withOnlyAugmented(true);
        List<Row> rows = rows(options, 0);
        assertThat(options.positives()).isEqualTo(3);
        assertThat(options.negatives()).isEqualTo(3);
        assertThat(rows).hasSize(6 * BATCH);
        assertThat(set(rows, 0)).allMatch(row -> row.filter() instanceof Filter.Sharpen);
        assertThat(set(rows, 3)).allMatch(row -> row.filter() instanceof Filter.Blur);
    }

    @Test
    void oneSetOfEachIsKept() {
        BankOptions options = BankOptions.standard().withKept(2, 0);
        List<Row> rows = rows(options, 3);
        List<Row> all = rows(BankOptions.standard(), 3);
        assertThat(options.positives()).isEqualTo(1);
        assertThat(options.negatives()).isEqualTo(1);
        assertThat(rows).hasSize(2 * BATCH);
        assertThat(set(rows, 0)).isEqualTo(set(all, 2));
        assertThat(set(rows, 1)).isEqualTo(set(all, 4));
    }

    @Test
    void shuffledNegativesAreOtherImagesOfTheBatch() {
        BankOptions options = BankOptions.standard().withShuffled(2);
        assertThat(options.negatives()).isEqualTo(12);
        List<Row> rows = rows(options, 1);
        assertThat(rows).hasSize(16 * BATCH);
        List<List<Integer>> orders = new ArrayList<>();
        for (int k = 0; k < 8; k++) {
            List<Row> mixed = set(rows, 8 + k);
            assertThat(mixed).containsExactlyInAnyOrderElementsOf(set(rows, 4 + k % 4));
            orders.add(mixed.stream().map(Row::source).toList());
        }
        assertThat(orders.stream().distinct().count()).isGreaterThan(3);
    }

    @EveryDevice
    void samplesComeAsImagesAndAsBands(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Tensor hr = picture(tape, new Shape(2, 3, 16, 24));
            Tensor lr = picture(tape, new Shape(2, 3, 4, 6));
            FrequencyBank bank = FrequencyBank.of(BankOptions.standard().withShuffled(1));
            Samples images = bank.draw(tape, hr, lr, 3, 9);
            assertThat(images.images().shape()).isEqualTo(new Shape(24, 3, 16, 24));
            assertThat(images.batch()).isEqualTo(2);
            assertThat(images.set(0).toArray()).isEqualTo(hr.toArray());
            assertThat(images.range(4, 2).shape()).isEqualTo(new Shape(4, 3, 16, 24));
            Samples bands = bank.wavelets(tape, hr, lr, 3, 9);
            assertThat(bands.images().shape()).isEqualTo(new Shape(24, 9, 8, 12));
            assertThat(bands.images().toArray())
                    .isEqualTo(HaarTransform.apply(tape, images.images()).toArray());
            assertThat(bands.images().needsGradient()).isFalse();
            assertThatThrownBy(() -> images.set(12)).hasMessage("samples: want sets in 0 to 11, have 1 from 12");
        }
    }

    @EveryDevice
    void theSpectralDomainFillsTheSameSets(Device device) {
        for (BankOptions.Emphasis emphasis : BankOptions.Emphasis.values()) {
            BankOptions options = BankOptions.standard()
                    .withDomain(BankOptions.Domain.SPECTRAL, emphasis)
                    .withShuffled(1);
            FrequencyBank bank = FrequencyBank.of(options);
            try (Tape tape = Tape.recording(device)) {
                Tensor hr = picture(tape, new Shape(2, 3, 16, 24));
                Tensor lr = picture(tape, new Shape(2, 3, 4, 6));
                Samples images = bank.draw(tape, hr, lr, 3, 9);
                float[] values = images.images().toArray();
                assertThat(images.sets()).isEqualTo(12);
                assertThat(images.set(0).toArray()).isEqualTo(hr.toArray());
                for (float v : values) {
                    assertThat(v).isBetween(0f, 1f);
                }
                double plain = roughness(images.set(0).toArray());
                for (int k = 1; k < 4; k++) {
                    assertThat(roughness(images.set(k).toArray())).isGreaterThanOrEqualTo(0.99 * plain);
                }
                for (int k = 5; k < 8; k++) {
                    assertThat(roughness(images.set(k).toArray())).isLessThanOrEqualTo(plain);
                }
                assertThat(bank.wavelets(tape, hr, lr, 3, 9).images().toArray())
                        .isEqualTo(HaarTransform.apply(tape, images.images()).toArray());
            }
        }
    }

    /** Mean absolute step from pixel to pixel along rows of 24. */
    private static double roughness(float[] values) {
        double sum = 0;
        for (int i = 1; i < values.length; i++) {
            sum += i % 24 == 0 ? 0 : Math.abs(values[i] - values[i - 1]);
        }
        return sum;
    }

    private static Tensor picture(Tape tape, Shape s) {
        Tensor x = tape.input(s);
        float[] values = Numbers.uniform(s.elements(), s.h());
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(127.5f * (values[i] + 1)) / 255f;
        }
        x.set(values);
        return x;
    }

    @Test
    void refusesOptionsWithoutSense() {
        BankOptions standard = BankOptions.standard();
        assertThatThrownBy(() -> standard.withCopies(-1, 3)).hasMessage("sharpened copies: want at least 0, have -1");
        assertThatThrownBy(() -> standard.withOnlyAugmented(true).withCopies(3, 0))
                .hasMessage(
                        "negative sets: want at least 1, have none: without HR and LR themselves, copies are needed");
        assertThatThrownBy(() -> standard.withKept(4, 0))
                .hasMessage("positive set to keep: want 0 to 3, or -1 for all, have 4");
        assertThatThrownBy(() -> standard.withDomain(BankOptions.Domain.DIRECT, BankOptions.Emphasis.BAND))
                .hasMessage("emphasis of a band: want the spectral domain, have the direct one");
        assertThatThrownBy(() -> standard.withSigmas(0, 2))
                .hasMessage("blur sigmas: want a range from above 0 up to no less, have 0.0 to 2.0");
        assertThatThrownBy(() -> standard.withFactors(3, 1))
                .hasMessage("sharpening factors: want a range from 0 or more up to no less, have 3.0 to 1.0");
    }
}
