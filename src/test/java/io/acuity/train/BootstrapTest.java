package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.acuity.tensor.Random;
import org.junit.jupiter.api.Test;

class BootstrapTest {
    @Test
    void equalDifferencesLeaveNoDoubt() {
        assertThat(Bootstrap.of(new double[] {0.25, 0.25, 0.25}, 1000, 1))
                .isEqualTo(new Bootstrap(0.25, 0.25, 0.25, 3, 3));
    }

    /** Two differences: a mean of samples is 0, 1/2 or 1 with chances 1/4, 1/2, 1/4, so the interval is all of it. */
    @Test
    void twoDifferencesSpanTheirWholeRange() {
        Bootstrap b = Bootstrap.of(new double[] {0, 1}, 5000, 1);
        assertThat(b.mean()).isEqualTo(0.5);
        assertThat(b.low()).isZero();
        assertThat(b.high()).isEqualTo(1);
        assertThat(b.better()).isEqualTo(1);
    }

    /** Of many normal differences the interval is that of the mean: 1.96 standard errors on both sides. */
    @Test
    void manyDifferencesGiveTheIntervalOfTheirMean() {
        double[] differences = new double[2000];
        Random random = Random.of(4, 2);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < differences.length; i++) {
            differences[i] = 0.03 + 0.1 * random.nextGaussian();
            sum += differences[i];
            squares += differences[i] * differences[i];
        }
        double mean = sum / differences.length;
        double error = Math.sqrt((squares / differences.length - mean * mean) / differences.length);
        Bootstrap b = Bootstrap.of(differences, 4000, 9);
        assertThat(b.low()).isCloseTo(mean - 1.96 * error, offset(0.15 * error));
        assertThat(b.high()).isCloseTo(mean + 1.96 * error, offset(0.15 * error));
    }

    @Test
    void theSameSeedGivesTheSameInterval() {
        double[] differences = {0.1, -0.2, 0.3, 0.05, 0.4};
        assertThat(Bootstrap.of(differences, 500, 7)).isEqualTo(Bootstrap.of(differences, 500, 7));
        assertThat(Bootstrap.of(differences, 500, 7)).isNotEqualTo(Bootstrap.of(differences, 500, 8));
    }

    @Test
    void refusesNothingToCompare() {
        assertThatThrownBy(() -> Bootstrap.of(new double[0], 10, 1))
                .hasMessage("bootstrap: want differences and samples, have 0 and 10");
    }
}
