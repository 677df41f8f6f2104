package io.acuity.infer;

import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** Stops work from another thread: between two kernels, thus within a fraction of a second even for huge pictures. */
public final class Cancel {
    private volatile boolean cancelled;
    private @Nullable Runnable told;

    /** Stops the call that was given this object, or the next one; cannot be taken back. */
    public void cancel() {
        Runnable waiting;
        synchronized (this) {
            cancelled = true;
            waiting = told;
        }
        if (waiting != null) {
            waiting.run();
        }
    }

    /** Whom {@link #cancel} tells from now on, null for nobody; tells at once if that has happened. */
    void tell(@Nullable Runnable listener) {
        boolean now;
        synchronized (this) {
            told = listener;
            now = cancelled;
        }
        if (now && listener != null) {
            listener.run();
        }
    }

    /** Whether {@link #cancel} was called. */
    public boolean isCancelled() {
        return cancelled;
    }

    /** Throws if {@link #cancel} was called. */
    public void check() {
        if (cancelled) {
            throw new CancellationException("upscaling was cancelled");
        }
    }
}
