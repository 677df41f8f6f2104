package io.acuity.serve;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** What every request passes: the token, headers that keep browsers safe, and the count of answers. */
final class Door implements Filter {
    /** Nothing of another origin is loaded, and no other page may show ours in a frame. */
    private static final String POLICY = "default-src 'self'; img-src 'self' blob: data:; style-src 'self';"
            + " script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /** Known to clients and proxies, though in no standard: RFC 2068, 19.7.1.1. */
    static final HeaderName KEEP_ALIVE = HeaderNames.create("Keep-Alive");

    private final Service service;

    /** How long a connection may rest: a client that knows it does not send into one that is just being closed. */
    private final String keepAlive;

    Door(Service service) {
        this.service = service;
        keepAlive = "timeout=" + service.options().idleTime().toSeconds();
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Guard guard = Guard.current();
        guard.at(Guard.Phase.WORK);
        response.header("X-Content-Type-Options", "nosniff")
                .header("Content-Security-Policy", POLICY)
                .header("Referrer-Policy", "no-referrer")
                .header("Cache-Control", "no-store")
                .header(KEEP_ALIVE, keepAlive);
        String path = request.path().rawPath();
        try {
            if (isProtected(path) && !mayEnter(request)) {
                Api.problem(
                        request,
                        response,
                        Refusal.of(401, "unauthorized", "want the header Authorization: Bearer with the token"));
            } else {
                chain.proceed();
            }
        } finally {
            guard.at(Guard.Phase.IDLE);
            service.metrics().answered(route(path), response.status().code());
        }
    }

    private static boolean isProtected(String path) {
        return path.startsWith("/v1/") || path.startsWith("/metrics");
    }

    private boolean mayEnter(ServerRequest request) {
        String token = service.options().token();
        if (token == null) {
            return true;
        }
        String given = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
        // compares all bytes whatever they are, so that the time taken tells nothing
        return MessageDigest.isEqual(
                given.getBytes(StandardCharsets.UTF_8), ("Bearer " + token).getBytes(StandardCharsets.UTF_8));
    }

    /** Whom the device is shared with: the client's address, or the one that the proxy in front saw. */
    String client(ServerRequest request) {
        if (service.options().behindProxy()) {
            @Nullable
            String seen = request.headers().first(HeaderNames.X_FORWARDED_FOR).orElse(null);
            if (seen != null) {
                return seen.substring(seen.lastIndexOf(',') + 1).strip();
            }
        }
        return request.remotePeer().host();
    }

    /** Paths as metrics name them; foreign words must not make series. */
    private static String route(String path) {
        if (path.startsWith("/v1/jobs")) {
            return "/v1/jobs";
        }
        return switch (path) {
            case "/v1/upscale", "/v1/models", "/metrics", "/" -> path;
            default -> path.contains("/health/") ? "/health" : "other";
        };
    }
}
