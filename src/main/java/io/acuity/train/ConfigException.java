package io.acuity.train;

import java.io.Serial;

/** A configuration that cannot be used (exit code 2); the message is one sentence with place, key, wanted and given. */
public final class ConfigException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public ConfigException(String message) {
        super(message);
    }

    public ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
