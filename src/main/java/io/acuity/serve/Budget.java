package io.acuity.serve;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes of memory that requests may hold together. */
final class Budget {
    private final long most;
    private final AtomicLong held = new AtomicLong();

    Budget(long most) {
        this.most = most;
    }

    /** Takes bytes if there are so many left. */
    boolean take(long bytes) {
        while (true) {
            long now = held.get();
            if (bytes > most - now) {
                return false;
            }
            if (held.compareAndSet(now, now + bytes)) {
                return true;
            }
        }
    }

    void give(long bytes) {
        held.addAndGet(-bytes);
    }

    long held() {
        return held.get();
    }

    long most() {
        return most;
    }
}
