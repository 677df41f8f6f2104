package io.acuity.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class RandomTest {
    private static int[] philox(int c0, int c1, int c2, int c3, int k0, int k1) {
        int[] out = new int[4];
        Random.philox(c0, c1, c2, c3, k0, k1, out);
        return out;
    }

    /** Lines "philox4x32 10" of Random123's kat_vectors. */
    @Test
    void givesTheKnownAnswers() {
        assertThat(philox(0, 0, 0, 0, 0, 0)).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        assertThat(philox(-1, -1, -1, -1, -1, -1)).containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        assertThat(philox(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0))
                .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    @Test
    void aStreamIsPhiloxCountedUp() {
        long seed = 0x299f31d0a4093822L;
        long stream = 0x0370734413198a2eL;
        Random random = Random.of(seed, stream);
        for (int block = 0; block < 3; block++) {
            for (int word : philox(block, 0, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0)) {
                assertThat(random.nextInt()).isEqualTo(word);
            }
        }
    }

    @Property(tries = 200)
    void staysBelowItsBound(@ForAll long seed, @ForAll @LongRange(min = 1) long bound) {
        Random random = Random.of(seed, 1);
        assertThat(random.nextLong(bound)).isBetween(0L, bound - 1);
        int small = (int) Math.min(bound, Integer.MAX_VALUE);
        assertThat(random.nextInt(small)).isBetween(0, small - 1);
        assertThat(random.nextFloat()).isBetween(0f, Math.nextDown(1f));
        assertThat(random.nextDouble()).isBetween(0.0, Math.nextDown(1.0));
    }

    @Property(tries = 100)
    void numbersPutOffAreThoseDrawnAtOnce(@ForAll @IntRange(max = 9) int before, @ForAll @IntRange(max = 9) int count) {
        Random atOnce = Random.of(5, 6);
        Random later = Random.of(5, 6);
        atOnce.uniform(before, 1);
        later.uniform(before, 1);
        float[] want = atOnce.uniform(count, 2);
        Supplier<float[]> draw = later.later(count, 2);
        assertThat(later.nextInt()).isEqualTo(atOnce.nextInt());
        assertThat(draw.get()).isEqualTo(want);
        assertThat(draw.get()).isEqualTo(want);
    }

    @Test
    void hasTheRightMoments() {
        Random random = Random.of(7, 3);
        int count = 200_000;
        double sum = 0;
        double squares = 0;
        double mean = 0;
        int[] dice = new int[6];
        for (int i = 0; i < count; i++) {
            double g = random.nextGaussian();
            sum += g;
            squares += g * g;
            mean += random.nextFloat();
            dice[random.nextInt(6)]++;
        }
        // five standard deviations of each estimate
        assertThat(sum / count).isCloseTo(0, within(5 / Math.sqrt(count)));
        assertThat(squares / count).isCloseTo(1, within(5 * Math.sqrt(2.0 / count)));
        assertThat(mean / count).isCloseTo(0.5, within(5 * Math.sqrt(1 / 12.0 / count)));
        for (int face : dice) {
            assertThat(face / (double) count).isCloseTo(1 / 6.0, within(5 * Math.sqrt(5 / 36.0 / count)));
        }
    }

    @Test
    void refusesEmptyRanges() {
        assertThatThrownBy(() -> Random.of(0, 0).nextInt(0)).hasMessage("bound: want at least 1, have 0");
        assertThatThrownBy(() -> Random.of(0, 0).nextLong(-1)).hasMessage("bound: want at least 1, have -1");
    }
}
