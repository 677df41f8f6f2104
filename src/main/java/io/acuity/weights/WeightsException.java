package io.acuity.weights;

import java.io.Serial;

/** A model file that cannot be read; the message is one sentence with file, wanted and found. */
public final class WeightsException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private static final int SHOWN = 80;

    public WeightsException(String message) {
        super(message);
    }

    public WeightsException(String message, Throwable cause) {
        super(message, cause);
    }

    static WeightsException want(String file, String what, Object want, Object have) {
        return new WeightsException(file + ": " + what + ": want " + want + ", have " + have);
    }

    /** Names from a file may be megabytes long or hold control characters: they are shown cut and escaped. */
    public static String shown(String name) {
        StringBuilder text = new StringBuilder();
        name.codePoints().limit(SHOWN).forEach(c -> text.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return name.length() > SHOWN ? text + "..." : text.toString();
    }
}
