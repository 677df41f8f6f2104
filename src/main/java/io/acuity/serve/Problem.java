package io.acuity.serve;

import io.acuity.data.ImageException;
import io.acuity.device.OutOfDeviceMemoryException;
import io.acuity.infer.DeadlineException;
import io.acuity.weights.Json;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Failures as {@code application/problem+json} (RFC 9457). */
final class Problem {
    static final String TYPE = "application/problem+json";

    private Problem() {}

    /** What to tell the client of a failure. */
    static Refusal of(Throwable failure) {
        return switch (failure) {
            case Refusal refusal -> refusal;
            case ExecutionException e when e.getCause() != null -> of(e.getCause());
            case ImageException e -> Refusal.of(422, "undecodable", String.valueOf(e.getMessage()));
            case DeadlineException e -> Refusal.later(503, "time_limit", String.valueOf(e.getMessage()), 30);
            case OutOfDeviceMemoryException _ ->
                Refusal.later(503, "out_of_memory", "the device has no memory left for this picture", 30);
            case OutOfMemoryError _ -> Refusal.later(503, "out_of_memory", "memory is used up", 30);
            case ArithmeticException e -> Refusal.of(500, "not_finite", String.valueOf(e.getMessage()));
            case CancellationException _, IllegalStateException _ ->
                Refusal.later(503, "stopped", "the service was stopped before this picture was done", 5);
            case HttpException e -> Refusal.of(e.status().code(), "http", String.valueOf(e.getMessage()));
            default -> Refusal.of(500, "internal", "something is wrong in the program");
        };
    }

    static byte[] json(Refusal refusal) {
        return json(refusal.status(), refusal.code(), refusal.detail());
    }

    private static byte[] json(int status, String code, String detail) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "about:blank");
        problem.put("title", Status.create(status).reasonPhrase());
        problem.put("status", status);
        problem.put("code", code);
        problem.put("detail", detail);
        return Json.write(problem).getBytes(StandardCharsets.UTF_8);
    }

    /** What the web server itself refuses: requests that are no HTTP, heads and bodies over the limits. */
    static final class OfTransport implements DirectHandler {
        @Override
        public TransportResponse handle(
                TransportRequest request,
                EventType type,
                Status status,
                ServerResponseHeaders headers,
                @Nullable String message) {
            String code =
                    status.code() == 413 ? "too_large" : type == EventType.INTERNAL_ERROR ? "internal" : "bad_request";
            String detail = type == EventType.INTERNAL_ERROR
                    ? "something is wrong in the program"
                    : message == null ? status.reasonPhrase() : message;
            Guard.current().lingers();
            return TransportResponse.builder()
                    .status(status)
                    .headers(headers)
                    .header(HeaderNames.CONTENT_TYPE, TYPE)
                    .keepAlive(false)
                    .entity(json(status.code(), code, detail))
                    .build();
        }
    }
}
