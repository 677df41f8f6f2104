package io.acuity.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The queue's bounds, with a device that takes a microsecond for a pixel. */
final class AdmissionTest {
    private static final long SECOND = 1_000_000;

    private static Admission admission(int most, int seconds, long memory) {
        return new Admission(most, Duration.ofSeconds(seconds), new Budget(memory), () -> 1000);
    }

    private static Refusal refusal(Runnable act) {
        List<Refusal> caught = new ArrayList<>();
        assertThatExceptionOfType(Refusal.class).isThrownBy(act::run).satisfies(caught::add);
        return caught.getFirst();
    }

    @Test
    void refusesBeyondItsLengthUntilAPlaceIsFree() {
        Admission admission = admission(2, 60, 1000);
        Admission.Ticket first = admission.enter("a", 10 * SECOND, 1);
        admission.enter("b", 6 * SECOND, 1);
        Refusal refusal = refusal(admission::look);
        assertThat(refusal.status()).isEqualTo(429);
        assertThat(refusal.retryAfter()).as("half of what is under way").isEqualTo(8);
        assertThat(refusal(() -> admission.enter("c", 1, 1)).status()).isEqualTo(429);
        first.close();
        first.close();
        admission.look();
        assertThat(admission.accepted()).isEqualTo(1);
        admission.enter("a", 1, 1);
        assertThat(admission.accepted()).isEqualTo(2);
    }

    @Test
    void refusesWhatWouldNotBeDoneInTime() {
        Admission admission = admission(100, 60, 1000);
        admission.enter("a", 50 * SECOND, 1);
        assertThat(refusal(() -> admission.enter("a", 11 * SECOND, 1)).status()).isEqualTo(429);
        admission.enter("a", 10 * SECOND, 1);
        // another client has half of the device until it is done
        assertThat(refusal(() -> admission.enter("b", 31 * SECOND, 1)).status()).isEqualTo(429);
        admission.enter("b", 30 * SECOND, 1);
        assertThat(admission.expectedSeconds("b")).isEqualTo(60);
        assertThat(admission.expectedSeconds("a")).isEqualTo(90);
        admission.enter("c", SECOND, 1);
    }

    @Test
    void whatIsTooLongByItselfIsTriedWhenNothingElseIsUnderWay() {
        Admission admission = admission(100, 60, 1000);
        admission.enter("a", 100 * SECOND, 1).close();
        admission.enter("a", 1, 1);
        assertThat(refusal(() -> admission.enter("b", 100 * SECOND, 1)).status())
                .isEqualTo(429);
    }

    @Test
    void memoryIsHeldUntilThePlaceIsLeft() {
        Admission admission = admission(100, 60, 1000);
        Admission.Ticket first = admission.enter("a", 1, 600);
        assertThat(refusal(() -> admission.enter("b", 1, 500)).status()).isEqualTo(429);
        assertThat(refusal(() -> admission.enter("b", 1, 1001)).status()).isEqualTo(413);
        first.close();
        admission.enter("b", 1, 500);
    }

    @Test
    void nothingEntersWhileItDrains() throws Exception {
        Admission admission = admission(100, 60, 1000);
        Admission.Ticket first = admission.enter("a", 1, 1);
        admission.drain();
        assertThat(refusal(admission::look).status()).isEqualTo(503);
        assertThat(admission.awaitEmpty(Duration.ofMillis(10))).isFalse();
        first.close();
        assertThat(admission.awaitEmpty(Duration.ofMillis(10))).isTrue();
    }
}
