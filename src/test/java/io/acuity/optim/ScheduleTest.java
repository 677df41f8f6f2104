package io.acuity.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void staysConstant() {
        assertThat(Schedule.constant(0.25).rate(1_000_000)).isEqualTo(0.25);
    }

    /** The rate is changed at the milestone itself, as PyTorch's MultiStepLR does. */
    @Test
    void fallsAtMilestones() {
        Schedule schedule = Schedule.steps(1e-4, List.of(300L, 100L), 0.5);
        assertThat(schedule.rate(0)).isEqualTo(1e-4);
        assertThat(schedule.rate(99)).isEqualTo(1e-4);
        assertThat(schedule.rate(100)).isEqualTo(0.5e-4);
        assertThat(schedule.rate(299)).isEqualTo(0.5e-4);
        assertThat(schedule.rate(300)).isEqualTo(0.25e-4);
    }

    @Test
    void fallsAlongACosine() {
        Schedule schedule = Schedule.cosine(1, 0.1, 100);
        assertThat(schedule.rate(0)).isEqualTo(1);
        assertThat(schedule.rate(50)).isCloseTo(0.55, within(1e-15));
        assertThat(schedule.rate(100)).isCloseTo(0.1, within(1e-15));
        assertThat(schedule.rate(1000)).isCloseTo(0.1, within(1e-15));
        assertThat(schedule.rate(25)).isCloseTo(0.1 + 0.45 * (1 + Math.sqrt(0.5)), within(1e-15));
        assertThatThrownBy(() -> Schedule.cosine(1, 0, 0)).hasMessage("cosine period: want at least 1, have 0");
    }

    @Test
    void startsCosinesAnew() {
        Schedule schedule = Schedule.cycles(1, 0.1, List.of(10L, 20L));
        assertThat(schedule.rate(0)).isEqualTo(1);
        assertThat(schedule.rate(5)).isCloseTo(0.55, within(1e-15));
        assertThat(schedule.rate(10)).isEqualTo(1);
        assertThat(schedule.rate(20)).isCloseTo(0.55, within(1e-15));
        assertThat(schedule.rate(30)).isEqualTo(0.1);
    }

    @Test
    void warmsUp() {
        Schedule schedule = Schedule.constant(1).warmUp(4);
        assertThat(schedule.rate(0)).isEqualTo(0.25);
        assertThat(schedule.rate(3)).isEqualTo(1);
        assertThat(schedule.rate(4)).isEqualTo(1);
        assertThat(Schedule.constant(1).warmUp(0).rate(0)).isEqualTo(1);
    }
}
