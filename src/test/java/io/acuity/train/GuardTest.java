package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.weights.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GuardTest {
    private static final TrainConfig.Watch LIMITS = new TrainConfig.Watch(10, 3, 2);

    private final Guard guard = new Guard(LIMITS, Map.of());
    private long step;

    private Guard.Verdict step(Guard on, float pixels, float norm) {
        step++;
        if (on.acceptsPixels(pixels)) {
            on.acceptsGradient(pixels, norm);
        }
        return on.verdict(step);
    }

    private void good(int steps) {
        for (int i = 0; i < steps; i++) {
            assertThat(step(guard, 0.02f + 0.001f * (i % 5), 1)).isEqualTo(Guard.Verdict.GO_ON);
        }
    }

    @Test
    void stepsWhoseNumbersAreNotFiniteAreSkippedAndCounted() {
        good(1);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThat(guard.acceptsPixels(bad)).isFalse();
            guard.verdict(++step);
            assertThat(guard.acceptsPixels(0.02f)).isTrue();
            assertThat(guard.acceptsGradient(bad, 1)).isFalse();
            guard.verdict(++step);
            good(1);
            assertThat(guard.acceptsPixels(0.02f)).isTrue();
            assertThat(guard.acceptsGradient(0.02f, bad)).isFalse();
            guard.verdict(++step);
            good(1);
            assertThat(guard.acceptsPixels(0.02f)).isTrue();
            guard.noteEmbedding(bad);
            assertThat(guard.acceptsGradient(0.02f, 1)).isFalse();
            guard.verdict(++step);
            good(1);
        }
        assertThat(guard.skipped()).isEqualTo(8);
    }

    /** The median of 0.020 .. 0.024 is 0.022. */
    @Test
    void aSpikeIsALossFarBeyondTheMedianOnceThereIsOne() {
        assertThat(guard.acceptsPixels(5f)).as("nothing to compare with").isTrue();
        guard.verdict(++step);
        good(50);
        assertThat(guard.acceptsPixels(0.219f)).isTrue();
        assertThat(guard.acceptsPixels(0.221f)).isFalse();
        assertThat(guard.wrong())
                .isEqualTo("the loss on pixels is 0.2210, more than 10 times the median 0.02200 of the"
                        + " last good steps");
    }

    @Test
    void withFactorZeroEveryFiniteLossIsGood() {
        Guard lenient = new Guard(new TrainConfig.Watch(0, 3, 2), Map.of());
        for (int i = 0; i < 60; i++) {
            step(lenient, 0.02f, 1);
        }
        assertThat(lenient.acceptsPixels(1e30f)).isTrue();
    }

    @Test
    void afterSomeInARowTheRunGoesBackWithHalfTheRateAndInTheEndGivesUp() {
        good(20);
        assertThat(step(guard, Float.NaN, 1)).isEqualTo(Guard.Verdict.GO_ON);
        assertThat(step(guard, Float.NaN, 1)).isEqualTo(Guard.Verdict.GO_ON);
        assertThat(guard.rateFactor()).isEqualTo(1);
        assertThat(step(guard, Float.NaN, 1)).isEqualTo(Guard.Verdict.GO_BACK);
        assertThat(guard.rateFactor()).isEqualTo(0.5);
        good(1);
        step(guard, Float.NaN, 1);
        step(guard, Float.NaN, 1);
        assertThat(step(guard, Float.NaN, 1)).isEqualTo(Guard.Verdict.GO_BACK);
        good(2);
        step(guard, Float.NaN, 1);
        step(guard, Float.NaN, 1);
        assertThatThrownBy(() -> step(guard, Float.NaN, 1))
                .isInstanceOf(DivergedException.class)
                .hasMessage("training diverged: the loss on pixels is NaN at step 32, 3 steps in a row went wrong, and"
                        + " going back 2 times did not help");
    }

    @Test
    void goingBackIsOfNoUseWhenNoStepWasGoodSinceTheLastTime() {
        good(1);
        for (int i = 0; i < 5; i++) {
            step(guard, Float.NaN, 1);
        }
        assertThatThrownBy(() -> step(guard, Float.NaN, 1)).hasMessageContaining("going back 1 time did not help");
    }

    @Test
    void singleWrongStepsNeverEndARun() {
        for (int i = 0; i < 100; i++) {
            good(1);
            assertThat(step(guard, Float.NaN, 1)).isEqualTo(Guard.Verdict.GO_ON);
            assertThat(step(guard, Float.NaN, 1)).isEqualTo(Guard.Verdict.GO_ON);
        }
        assertThat(guard.rateFactor()).isEqualTo(1);
    }

    /** The same decisions, whenever its state went through a checkpoint. */
    @Test
    void aResumedGuardDecidesTheSame() {
        List<Float> losses = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            losses.add(i % 17 >= 13 ? Float.NaN : i % 11 == 5 ? 0.23f : 0.02f + 0.0007f * (i % 7));
        }
        List<String> want = decisions(losses, Integer.MAX_VALUE);
        assertThat(want).contains("GO_BACK").contains("gave up");
        for (int stop = 1; stop < 70; stop += 3) {
            assertThat(decisions(losses, stop)).isEqualTo(want);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<String> decisions(List<Float> losses, int every) {
        Guard guard = new Guard(LIMITS, Map.of());
        List<String> decisions = new ArrayList<>();
        for (int i = 0; i < losses.size(); i++) {
            if (i % every == every - 1) {
                guard = new Guard(LIMITS, (Map<String, Object>) Json.parse(Json.write(guard.state())));
            }
            if (guard.acceptsPixels(losses.get(i))) {
                guard.acceptsGradient(losses.get(i), 1);
            }
            try {
                decisions.add(guard.verdict(i + 1).name());
            } catch (DivergedException _) {
                decisions.add("gave up");
                break;
            }
        }
        return decisions;
    }
}
