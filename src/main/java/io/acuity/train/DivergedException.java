package io.acuity.train;

/** The loss is no number any more; the message says at which step and from which checkpoint to go on. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DivergedException(String message) {
        super(message);
    }
}
