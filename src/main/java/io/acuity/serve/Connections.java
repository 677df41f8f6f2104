package io.acuity.serve;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** HTTP/1.1 connections, each under a {@link Guard}; one thread looks at all of them four times a second. */
final class Connections implements ServerConnectionSelector, AutoCloseable {
    private static final long PERIOD_MILLIS = 250;

    private final ServeOptions options;
    private final ServerConnectionSelector http = Http1ConnectionSelector.builder()
            .config(Http1Config.builder()
                    .maxHeadersSize(16_384)
                    .maxPrologueLength(4_096)
                    .buildPrototype())
            .build();
    private final Set<Guard> open = ConcurrentHashMap.newKeySet();
    private final LongAdder cut = new LongAdder();
    private final Thread watchman;
    private volatile boolean closed;

    Connections(ServeOptions options) {
        this.options = options;
        watchman = Thread.ofPlatform().name("acuity-connections").daemon(true).start(this::watch);
    }

    private void watch() {
        while (!closed) {
            long now = System.nanoTime();
            for (Guard guard : List.copyOf(open)) {
                if (guard.cutIfOverdue(options, now)) {
                    cut.increment();
                    open.remove(guard);
                }
            }
            try {
                Thread.sleep(PERIOD_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Connections that are open now. */
    int count() {
        return open.size();
    }

    /** Connections that were ended for slowness so far. */
    long cut() {
        return cut.sum();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        Guard guard = new Guard(context);
        ServerConnection connection = http.connection(guard);
        return new ServerConnection() {
            @Override
            public void handle(Limit limit) throws InterruptedException {
                guard.adopt();
                open.add(guard);
                try {
                    connection.handle(limit);
                } finally {
                    guard.linger();
                    open.remove(guard);
                }
            }

            @Override
            public Duration idleTime() {
                return connection.idleTime();
            }

            @Override
            public void close(boolean interrupt) {
                connection.close(interrupt);
            }
        };
    }

    @Override
    public void close() {
        closed = true;
        watchman.interrupt();
    }
}
