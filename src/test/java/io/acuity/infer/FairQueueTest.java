package io.acuity.infer;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.model.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Orders that are known by counting. */
final class FairQueueTest {
    private final Device device = Device.open("cpu");
    private final Network network = Edsr.create(device, new Edsr.Options(1, 1, 1f, 2), 1);
    private final FairQueue queue = new FairQueue();
    private long number;

    @AfterEach
    void close() {
        device.close();
    }

    private Work add(String client, int side, long deadline) {
        Engine.Job job = new Engine.Job(new SampleArray(0, 8), side, side, 8);
        Work work = new Work(number++, client, deadline, network, job, new Cancel(), new CompletableFuture<>());
        queue.add(work);
        return work;
    }

    private List<String> order() {
        List<String> clients = new ArrayList<>();
        for (Work work = queue.poll(_ -> true); work != null; work = queue.poll(_ -> true)) {
            clients.add(work.client());
        }
        return clients;
    }

    @Test
    void equalWindowsGoRoundRobin() {
        for (int i = 0; i < 4; i++) {
            add("a", 10, Long.MAX_VALUE);
        }
        add("b", 10, Long.MAX_VALUE);
        add("b", 10, Long.MAX_VALUE);
        add("c", 10, Long.MAX_VALUE);
        assertThat(order()).containsExactly("a", "b", "c", "a", "b", "a", "a");
    }

    @Test
    void whoAsksForMoreOfTheDeviceIsServedLessOften() {
        for (int i = 0; i < 3; i++) {
            add("large", 20, Long.MAX_VALUE); // 400 pixels
        }
        for (int i = 0; i < 8; i++) {
            add("small", 10, Long.MAX_VALUE); // 100
        }
        assertThat(order())
                .containsExactly(
                        "large", "small", "small", "small", "small", "large", "small", "small", "small", "small",
                        "large");
    }

    @Test
    void whoWasIdleHasSavedNothingUp() {
        for (int i = 0; i < 5; i++) {
            add("busy", 10, Long.MAX_VALUE);
        }
        for (int i = 0; i < 4; i++) {
            queue.poll(_ -> true);
        }
        for (int i = 0; i < 3; i++) {
            add("late", 10, Long.MAX_VALUE);
            add("busy", 10, Long.MAX_VALUE);
        }
        // one more of the newcomer, then in turns; not three at once for the time it did not ask
        assertThat(order()).containsExactly("late", "busy", "late", "busy", "late", "busy", "busy");
    }

    @Test
    void ofOneClientTheMostUrgentIsFirst() {
        Work patient = add("a", 4, Long.MAX_VALUE);
        Work late = add("a", 4, 2_000);
        Work urgent = add("a", 4, 1_000);
        assertThat(queue.poll(_ -> true)).isSameAs(urgent);
        assertThat(queue.poll(_ -> true)).isSameAs(late);
        assertThat(queue.poll(work -> work.job().pixels() < 16)).isNull();
        assertThat(queue.pixels()).isEqualTo(16);
        assertThat(queue.removeIf(work -> work.number() == patient.number())).containsExactly(patient);
        assertThat(queue.size()).isZero();
        assertThat(queue.pixels()).isZero();
    }
}
