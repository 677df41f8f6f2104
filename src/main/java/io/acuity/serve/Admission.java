package io.acuity.serve;

import io.acuity.infer.Batcher;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The bounded queue: how many pictures are accepted and not yet answered, and what memory they may take. What is refused is
 * refused at once, so that under overload the service does the work it took on and nothing else.
 */
final class Admission {
    private final int most;
    private final Budget memory;
    private final Batcher batcher;
    private final Object lock = new Object();
    private int accepted;
    private long pixels;
    private boolean draining;

    Admission(int most, Budget memory, Batcher batcher) {
        this.most = most;
        this.memory = memory;
        this.batcher = batcher;
    }

    /** A place in the queue. */
    final class Ticket implements AutoCloseable {
        private final long heldPixels;
        private final long bytes;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Ticket(long heldPixels, long bytes) {
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
                    pixels -= heldPixels;
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

    /** Accepts a picture that will take so much memory, or refuses it. */
    Ticket enter(long ofPixels, long bytes) {
        if (bytes > memory.most()) {
            throw Refusal.of(
                    413,
                    "too_much_memory",
                    "this picture needs about " + (bytes >> 20) + " MB of memory, the service has "
                            + (memory.most() >> 20));
        }
        synchronized (lock) {
            check();
            if (!memory.take(bytes)) {
                throw full("the pictures under way fill the memory");
            }
            accepted++;
            pixels += ofPixels;
            return new Ticket(ofPixels, bytes);
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

    Refusal full(String why) {
        return Refusal.later(429, "queue_full", why, (long) Math.ceil(expectedSeconds() / 2));
    }

    /** How long the pictures under way will take, by the speed so far. */
    double expectedSeconds() {
        synchronized (lock) {
            return pixels * batcher.nanosPerPixel() / 1e9;
        }
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
