package io.acuity.infer;

import java.io.Serial;

/** A picture was not done by the time it was wanted. */
public final class DeadlineException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    DeadlineException() {
        super("the picture was not done in the time allowed for it");
    }
}
