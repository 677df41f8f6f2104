package io.acuity.infer;

import java.util.concurrent.CancellationException;

/** Stops work from another thread: between two kernels, thus within a fraction of a second even for huge pictures. */
public final class Cancel {
    private volatile boolean cancelled;

    /** Stops the call that was given this object, or the next one; cannot be taken back. */
    public void cancel() {
        cancelled = true;
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
