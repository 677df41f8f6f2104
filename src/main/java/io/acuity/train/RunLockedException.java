package io.acuity.train;

import java.io.Serial;

/** A run folder that another process, or another part of this one, is writing to (exit code 5). */
public final class RunLockedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public RunLockedException(String message) {
        super(message);
    }
}
