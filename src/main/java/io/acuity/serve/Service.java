package io.acuity.serve;

import io.acuity.device.Device;
import io.acuity.infer.Batcher;
import io.acuity.model.Network;
import io.helidon.http.DirectHandler;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The HTTP service as it runs: networks that were opened before, one thread that owns the device, a bounded queue, and the web
 * server. It makes no connection of its own and writes no file. docs/serving.md is its manual.
 */
public final class Service implements AutoCloseable {
    /** What requests may hold of the heap, their bodies included. */
    private static final double HEAP_SHARE = 0.7;

    /** After the last answer, so long may clients of jobs come for their pictures. */
    private static final Duration FETCH_TIME = Duration.ofSeconds(5);

    /** Helidon's own messages are about clients' mistakes; a field, as loggers are forgotten when nobody holds them. */
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    private final ServeOptions options;
    private final Device device;
    private final Batcher batcher;
    private final Budget memory;
    private final Admission admission;
    private final Jobs jobs;
    private final Metrics metrics = new Metrics();
    private final Connections connections;
    private final Renderer renderer;
    private final ExecutorService workers = Executors.newCachedThreadPool(
            Thread.ofPlatform().name("acuity-picture-", 0).daemon(true).factory());
    private final WebServer server;
    private final CountDownLatch stop = new CountDownLatch(1);

    private Service(Device device, SequencedMap<String, Network> models, ServeOptions options) {
        this.options = options;
        this.device = device;
        batcher = Batcher.start(device, Batcher.Options.automatic());
        long heap = (long) (HEAP_SHARE * Runtime.getRuntime().maxMemory());
        memory = new Budget(heap);
        admission = new Admission(options.queue(), options.timeLimit(), memory, batcher::nanosPerPixel);
        jobs = new Jobs(heap / 8);
        connections = new Connections(options);
        renderer = new Renderer(batcher, models, options);
        HELIDON.setLevel(Level.OFF);
        server = WebServer.builder()
                .host(options.host())
                .port(options.port())
                .addConnectionSelector(connections)
                .protocolsDiscoverServices(false)
                .maxPayloadSize(options.maxBytes())
                .maxTcpConnections(4096)
                .shutdownHook(false)
                .shutdownGracePeriod(Duration.ofSeconds(2))
                .directHandlers(problems())
                .addRouting(new Api(this).routing())
                .build();
    }

    /**
     * Starts to listen.
     *
     * @param models networks on {@code device} by the names that clients use, the default first; they and the device outlive
     *     the service
     * @throws IllegalStateException if the port cannot be had
     */
    public static Service start(Device device, SequencedMap<String, Network> models, ServeOptions options) {
        if (models.isEmpty()) {
            throw new IllegalArgumentException("serve: want at least one model, have none");
        }
        Service service = new Service(device, new LinkedHashMap<>(models), options);
        try {
            service.server.start();
            return service;
        } catch (RuntimeException e) {
            service.end();
            throw new IllegalStateException(
                    "cannot listen on " + options.host() + ":" + options.port() + ": " + reason(e), e);
        }
    }

    private static String reason(Throwable e) {
        Throwable last = e;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return String.valueOf(last.getMessage());
    }

    private static DirectHandlers problems() {
        DirectHandlers.Builder all = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            all.addHandler(type, new Problem.OfTransport());
        }
        return all.build();
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    /** Asks {@link #run} to end; returns at once. */
    public void stop() {
        admission.drain();
        stop.countDown();
    }

    /**
     * Serves until {@link #stop}, then answers what was accepted and ends.
     *
     * @return whether everything that was accepted was answered
     */
    public boolean run() throws InterruptedException {
        stop.await();
        return drain();
    }

    /** Accepts nothing more, answers what was accepted as far as the grace period goes, closes. */
    private boolean drain() throws InterruptedException {
        admission.drain();
        boolean all = admission.awaitEmpty(options.grace());
        long end = System.nanoTime() + FETCH_TIME.toNanos();
        while (jobs.areAwaited() && System.nanoTime() - end < 0) {
            Thread.sleep(50);
        }
        end();
        return all;
    }

    private void end() {
        batcher.close();
        server.stop();
        connections.close();
        workers.shutdownNow();
    }

    /** Ends at once: what was accepted and not yet answered is lost. */
    @Override
    public void close() {
        admission.drain();
        stop.countDown();
        end();
    }

    ServeOptions options() {
        return options;
    }

    Device device() {
        return device;
    }

    Batcher batcher() {
        return batcher;
    }

    Budget memory() {
        return memory;
    }

    Admission admission() {
        return admission;
    }

    Jobs jobs() {
        return jobs;
    }

    Metrics metrics() {
        return metrics;
    }

    Connections connections() {
        return connections;
    }

    Renderer renderer() {
        return renderer;
    }

    ExecutorService workers() {
        return workers;
    }

    Map<String, Network> models() {
        return renderer.models();
    }
}
