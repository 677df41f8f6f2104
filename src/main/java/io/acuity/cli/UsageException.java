package io.acuity.cli;

import java.io.Serial;

/** Something asked for in a way that cannot be meant; the message is one sentence with wanted and given. */
final class UsageException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
