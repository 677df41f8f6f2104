package io.acuity.data;

import java.io.Serial;

/** A picture that cannot be read, is damaged, is over a limit or cannot be written: one sentence names it and says why. */
public final class ImageException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /** A sentence about the picture called {@code name}. */
    public ImageException(String name, String reason) {
        super(name + ": " + reason);
    }

    /** A sentence about the picture called {@code name}, and what led to it. */
    public ImageException(String name, String reason, Throwable cause) {
        super(name + ": " + reason, cause);
    }
}
