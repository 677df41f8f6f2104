package io.acuity.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

class ArenaTest {
    /** A step that takes and gives in the same order gets the same addresses and no new memory. */
    @EveryDevice
    void repeatsItsAddresses(Device device) {
        try (Arena arena = Arena.on(device)) {
            List<Long> first = step(arena);
            long bytes = arena.bytes();
            for (int i = 0; i < 3; i++) {
                arena.reset();
                assertThat(step(arena)).isEqualTo(first);
                assertThat(arena.bytes()).isEqualTo(bytes);
            }
        }
    }

    private static List<Long> step(Arena arena) {
        SplittableRandom random = new SplittableRandom(1);
        List<Long> addresses = new ArrayList<>();
        Deque<Buffer> held = new ArrayDeque<>();
        for (int i = 0; i < 300; i++) {
            if (!held.isEmpty() && random.nextInt(3) == 0) {
                arena.give(random.nextBoolean() ? held.pop() : held.pollLast());
            } else {
                Buffer block = arena.take(1 + random.nextInt(5) * 300L);
                addresses.add(block.address());
                held.push(block);
            }
        }
        return addresses;
    }

    @EveryDevice
    void neverGivesOneBlockTwice(Device device) {
        try (Arena arena = Arena.on(device)) {
            Buffer a = arena.take(100);
            Buffer b = arena.take(100);
            assertThat(b.address()).isNotEqualTo(a.address());
            arena.give(a);
            assertThat(arena.take(256).address()).isEqualTo(a.address());
            assertThat(arena.take(1).address()).isNotEqualTo(a.address());
            arena.give(b);
            assertThatThrownBy(() -> arena.give(b)).hasMessageStartingWith("arena: want a block in use, have Buffer[");
        }
    }

    @EveryDevice
    void poisonsWithNaN(Device device) {
        try (Arena arena = Arena.poisoned(device)) {
            Buffer block = arena.take(64);
            device.fill(block, 0);
            arena.give(block);
            float[] again = new float[16];
            device.download(arena.take(64), MemorySegment.ofArray(again));
            assertThat(again).containsOnly(Float.NaN);
        }
    }
}
