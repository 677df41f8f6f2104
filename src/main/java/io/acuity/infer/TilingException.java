package io.acuity.infer;

import java.io.Serial;

/** Tiles would change the result, and nobody allowed that; the message is one sentence that says why and what may be done. */
public final class TilingException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final boolean asked;

    TilingException(String message, boolean asked) {
        super(message);
        this.asked = asked;
    }

    /** Whether tiles were asked for; else memory does not hold the whole picture. */
    public boolean asked() {
        return asked;
    }
}
