package io.acuity.cli;

import java.io.Serial;

/** An input that is missing or cannot be used as it is; the message is one sentence which names it. */
final class InputException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    InputException(String message) {
        super(message);
    }
}
