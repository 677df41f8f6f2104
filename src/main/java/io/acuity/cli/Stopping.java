package io.acuity.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Lets work that can be stopped at a good moment reach it when the process gets SIGINT or SIGTERM. */
final class Stopping implements AutoCloseable {
    /** After so long the process ends all the same. */
    private static final long PATIENCE_SECONDS = 60;

    private static final AtomicReference<@Nullable Stopping> CURRENT = new AtomicReference<>();

    private final Runnable ask;
    private final CountDownLatch ended = new CountDownLatch(1);

    private Stopping(Runnable ask) {
        this.ask = ask;
    }

    /** From now until {@link #close} a signal calls {@code ask} and waits for {@link #close}. */
    static Stopping with(Runnable ask) {
        Stopping stopping = new Stopping(ask);
        CURRENT.set(stopping);
        return stopping;
    }

    /** To be called when the process is being stopped. */
    static void now() {
        Stopping current = CURRENT.get();
        if (current == null) {
            return;
        }
        current.ask.run();
        try {
            current.ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        CURRENT.set(null);
        ended.countDown();
    }
}
