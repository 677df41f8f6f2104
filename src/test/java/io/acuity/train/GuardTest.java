package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.Readback;
import io.acuity.op.GradientNorm;
import io.acuity.optim.StepWatch;
import io.acuity.optim.StepWatch.Finding;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tensor;
import io.acuity.weights.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuardTest {
    private static final TrainConfig.Watch LIMITS = new TrainConfig.Watch(10, 3, 2);

    private final Device device = Device.open("cpu");
    private final StepWatch watch = StepWatch.on(device, LIMITS.spike());
    private final GradientNorm norm = GradientNorm.on(device);
    private final Guard guard = new Guard(LIMITS, Map.of());
    private long step;

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor number(float value) {
        Tensor tensor = Tensor.of(Shape.scalar(), device.allocate(Float.BYTES));
        tensor.set(new float[] {value});
        return tensor;
    }

    /** What the device finds in a step of these numbers; {@code embedding} is the loss that an embedding learns by. */
    private Finding look(StepWatch by, Guard on, float pixels, float embedding, float loss, float gradient) {
        Tensor first = number(pixels);
        by.judgePixels(first);
        norm.clear();
        by.judgeEmbedding(number(embedding), norm);
        norm.measure(number(gradient).data(), 1);
        by.judgeGradient(first, number(loss), norm, List.of());
        StepWatch.Report report;
        try (Readback room = device.readback(by.report().bytes())) {
            room.start(by.report());
            report = StepWatch.read(room.await());
        }
        on.note(report);
        return report.finding();
    }

    private Finding look(float pixels) {
        return look(watch, guard, pixels, 1, 1, 1);
    }

    private Guard.Verdict step(Guard on, float pixels, float gradient) {
        step++;
        look(watch, on, pixels, 1, pixels, gradient);
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
            assertThat(look(watch, guard, bad, bad, bad, bad)).isEqualTo(Finding.PIXELS_NOT_FINITE);
            assertThat(guard.wrong()).isEqualTo("the loss on pixels is " + bad);
            guard.verdict(++step);
            assertThat(look(watch, guard, 0.02f, 1, bad, 1)).isEqualTo(Finding.LOSS_NOT_FINITE);
            assertThat(guard.wrong()).isEqualTo("the loss is " + bad);
            guard.verdict(++step);
            good(1);
            assertThat(look(watch, guard, 0.02f, 1, 0.02f, bad)).isEqualTo(Finding.GRADIENT_NOT_FINITE);
            assertThat(guard.wrong()).isEqualTo("the gradient is not finite");
            guard.verdict(++step);
            good(1);
            assertThat(look(watch, guard, 0.02f, bad, 0.02f, 1)).isEqualTo(Finding.EMBEDDING_NOT_FINITE);
            assertThat(guard.wrong()).isEqualTo("the embedding's loss or gradient is not finite");
            guard.verdict(++step);
            good(1);
        }
        assertThat(guard.skipped()).isEqualTo(8);
        assertThat(guard.wrong()).isNull();
    }

    /** The median of 0.020 .. 0.024 is 0.022. */
    @Test
    void aSpikeIsALossFarBeyondTheMedianOnceThereIsOne() {
        assertThat(look(5f)).as("nothing to compare with").isEqualTo(Finding.GOOD);
        guard.verdict(++step);
        good(50);
        assertThat(look(0.221f)).isEqualTo(Finding.SPIKE);
        assertThat(guard.wrong())
                .isEqualTo("the loss on pixels is 0.2210, more than 10 times the median 0.02200 of the"
                        + " last good steps");
        guard.verdict(++step);
        assertThat(look(0.219f)).isEqualTo(Finding.GOOD);
    }

    @Test
    void withFactorZeroEveryFiniteLossIsGood() {
        try (StepWatch lenient = StepWatch.on(device, 0)) {
            for (int i = 0; i < 60; i++) {
                look(lenient, guard, 0.02f, 1, 1, 1);
            }
            assertThat(look(lenient, guard, 1e30f, 1, 1, 1)).isEqualTo(Finding.GOOD);
        }
    }

    /** As many steps may be started unheard of as cannot, all wrong, bring the run back. */
    @Test
    void saysWhenTheRunMayGoBack() {
        good(1);
        assertThat(guard.mayGoBackAfter(2)).isFalse();
        assertThat(guard.mayGoBackAfter(3)).isTrue();
        step(guard, Float.NaN, 1);
        assertThat(guard.mayGoBackAfter(1)).isFalse();
        assertThat(guard.mayGoBackAfter(2)).isTrue();
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
        assertThat(want).contains("GO_BACK").contains("SPIKE").contains("gave up");
        for (int stop = 1; stop < 70; stop += 3) {
            assertThat(decisions(losses, stop)).isEqualTo(want);
        }
    }

    @SuppressWarnings("unchecked")
    private List<String> decisions(List<Float> losses, int every) {
        Guard resumed = new Guard(LIMITS, Map.of());
        watch.remember(List.of());
        List<String> decisions = new ArrayList<>();
        for (int i = 0; i < losses.size(); i++) {
            if (i % every == every - 1) {
                resumed = new Guard(LIMITS, (Map<String, Object>) Json.parse(Json.write(resumed.state())));
                watch.remember(resumed.recent());
            }
            decisions.add(look(watch, resumed, losses.get(i), 1, 1, 1).name());
            try {
                decisions.add(resumed.verdict(i + 1).name());
            } catch (DivergedException _) {
                decisions.add("gave up");
                break;
            }
        }
        return decisions;
    }
}
