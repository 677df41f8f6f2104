package io.acuity.serve;

import java.io.Serial;

/** Why a request is not answered with a picture: an HTTP status, a code that stays the same, and a sentence. */
final class Refusal extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final long retryAfter;

    private Refusal(int status, String code, String detail, long retryAfter) {
        super(detail, null, false, false); // refused by the thousand under overload: no stack trace
        this.status = status;
        this.code = code;
        this.retryAfter = retryAfter;
    }

    static Refusal of(int status, String code, String detail) {
        return new Refusal(status, code, detail, 0);
    }

    /** Asks the client to come again after {@code seconds}. */
    static Refusal later(int status, String code, String detail, long seconds) {
        return new Refusal(status, code, detail, Math.max(1, seconds));
    }

    static Refusal badRequest(String detail) {
        return of(400, "bad_request", detail);
    }

    int status() {
        return status;
    }

    /** One of the codes of docs/serving.md. */
    String code() {
        return code;
    }

    /** Seconds, 0 when coming again is no use. */
    long retryAfter() {
        return retryAfter;
    }

    String detail() {
        return String.valueOf(getMessage());
    }
}
