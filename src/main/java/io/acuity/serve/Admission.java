package io.acuity.serve;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleSupplier;

/**
 * The bounded queue: how many pictures are accepted and not yet answered, and what memory they may take. What is refused is
 * refused at once, so that under overload the service does the work it took on and nothing else. Refused is also what would not be
 * answered within the time limit, by the speed so far and what clients that share the device equally have before it.
 */
final class Admission {
    private final int most;
    private final Duration limit;
    private final Budget memory;
    private final DoubleSupplier nanosPerPixel;
    private final Object lock = new Object();
    private final Map<String, Long> pixels = new HashMap<>();
    private int accepted;
    private boolean draining;

    /**
     * An empty queue.
     *
     * @param most pictures in it
     * @param limit within which a picture should be answered
     * @param nanosPerPixel how long the device takes for a pixel, 0 while that is not known
     */
    Admission(int most, Duration limit, Budget memory, DoubleSupplier nanosPerPixel) {
        this.most = most;
        this.limit = limit;
        this.memory = memory;
        this.nanosPerPixel = nanosPerPixel;
    }

    /** A place in the queue. */
    final class Ticket implements AutoCloseable {
        private final String client;
        private final long heldPixels;
        private final long bytes;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Ticket(String client, long heldPixels, long bytes) {
            this.client = client;
            this.heldPixels = heldPixels;
            this.bytes = bytes;
        }

        /** Leaves the queue: the answer has been sent, or will never be. */
        @Override
        public void close() {
            if (open.compareAndSet(true, false)) {
                memory.give(bytes);
                synchronized (lock) {
                    accepted--;
                    pixels.computeIfPresent(client, (_, all) -> all == heldPixels ? null : all - heldPixels);
                    lock.notifyAll();
                }
            }
        }
    }

    /** Refuses what could not be accepted now, before its body is read. */
    void look() {
        synchronized (lock) {
            check();
        }
    }

    /** Accepts a client's picture that will take so much memory, or refuses it. */
    Ticket enter(String client, long ofPixels, long bytes) {
        if (bytes > memory.most()) {
            throw Refusal.of(
                    413,
                    "too_much_memory",
                    "this picture needs about " + (bytes >> 20) + " MB of memory, the service has "
                            + (memory.most() >> 20));
        }
        synchronized (lock) {
            check();
            double seconds = seconds(client, ofPixels);
            if (accepted > 0 && seconds > limit.toMillis() / 1e3) {
                throw full("with those under way this picture would take longer than the time limit");
            }
            if (!memory.take(bytes)) {
                throw full("the pictures under way fill the memory");
            }
            accepted++;
            pixels.merge(client, ofPixels, Long::sum);
            return new Ticket(client, ofPixels, bytes);
        }
    }

    private void check() {
        if (draining) {
            throw Refusal.later(503, "draining", "the service is being stopped", 5);
        }
        if (accepted >= most) {
            throw full("there are " + accepted + " pictures under way, the most that are accepted");
        }
    }

    private Refusal full(String why) {
        long all = pixels.values().stream().mapToLong(Long::longValue).sum();
        return Refusal.later(429, "queue_full", why, (long) Math.ceil(all * nanosPerPixel.getAsDouble() / 2e9));
    }

    /** How long a client's pictures under way will take, by the speed so far. */
    double expectedSeconds(String client) {
        synchronized (lock) {
            return seconds(client, 0);
        }
    }

    /** The same with so many more pixels: while a client has work, every other one gets as much of the device as it. */
    private double seconds(String client, long more) {
        long own = pixels.getOrDefault(client, 0L) + more;
        long sum = own;
        for (Map.Entry<String, Long> other : pixels.entrySet()) {
            if (!other.getKey().equals(client)) {
                sum += Math.min(own, other.getValue());
            }
        }
        return sum * nanosPerPixel.getAsDouble() / 1e9;
    }

    int accepted() {
        synchronized (lock) {
            return accepted;
        }
    }

    int most() {
        return most;
    }

    boolean isDraining() {
        synchronized (lock) {
            return draining;
        }
    }

    /** Accepts nothing from now on. */
    void drain() {
        synchronized (lock) {
            draining = true;
            lock.notifyAll();
        }
    }

    /** Waits until every accepted picture has been answered; false when {@code time} is over before. */
    boolean awaitEmpty(Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        synchronized (lock) {
            while (accepted > 0) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                lock.wait(left / 1_000_000 + 1);
            }
            return true;
        }
    }
}
