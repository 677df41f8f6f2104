package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.serve.ServeOptions;
import io.acuity.serve.Service;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity serve}: the HTTP service, until SIGTERM or SIGINT. */
@Command(
        name = "acuity serve",
        sortOptions = false,
        description = "Upscales pictures over HTTP and shows a page for it. It listens on this machine alone unless"
                + " --host says otherwise; docs/serving.md is its manual. Each option has an environment variable,"
                + " ACUITY_ and its name.",
        footer = {
            "",
            "Examples:",
            "  acuity serve                                   then open http://localhost:8080",
            "  curl --data-binary @small.png http://localhost:8080/v1/upscale > large.png",
            "  ACUITY_TOKEN=secret acuity serve --host 0.0.0.0 --max-pixels 4000000"
        })
final class ServeCommand implements Verb {
    private static final String ANY = "0.0.0.0";

    @Option(
            names = "--host",
            defaultValue = "${env:ACUITY_HOST:-127.0.0.1}",
            paramLabel = "ADDRESS",
            description = {"address to listen on, " + ANY + " for all (default 127.0.0.1)"})
    String host = "";

    @Option(
            names = "--port",
            defaultValue = "${env:ACUITY_PORT:-8080}",
            paramLabel = "N",
            description = "port, 0 for any free one (default 8080)")
    int port;

    @Option(
            names = {"-n", "--model"},
            paramLabel = "MODEL",
            description = "shipped model or file; may be repeated, the first is the default")
    List<String> models = List.of(Models.DEFAULT);

    @Mixin
    DeviceOptions device = new DeviceOptions();

    @Option(
            names = "--token",
            defaultValue = "${env:ACUITY_TOKEN}",
            paramLabel = "WORD",
            description = "what clients must send as Authorization: Bearer; better in ACUITY_TOKEN")
    @Nullable
    String token;

    @Option(
            names = "--max-bytes",
            defaultValue = "${env:ACUITY_MAX_BYTES:-33554432}",
            paramLabel = "N",
            description = "most bytes of a body (default 32 MiB)")
    long maxBytes;

    @Option(
            names = "--max-pixels",
            defaultValue = "${env:ACUITY_MAX_PIXELS:-16800000}",
            paramLabel = "N",
            description = "most pixels of a picture (default 16800000)")
    long maxPixels;

    @Option(
            names = "--max-frames",
            defaultValue = "${env:ACUITY_MAX_FRAMES:-1}",
            paramLabel = "N",
            description = "most frames of a picture, of which the first is taken (default 1)")
    int maxFrames;

    @Option(
            names = "--queue",
            defaultValue = "${env:ACUITY_QUEUE:-32}",
            paramLabel = "N",
            description = "most pictures accepted and not yet answered (default 32)")
    int queue;

    @Option(
            names = "--time-limit",
            defaultValue = "${env:ACUITY_TIME_LIMIT:-600}",
            paramLabel = "SECONDS",
            description = "most time for a picture (default 600)")
    int timeLimit;

    @Option(
            names = "--head-timeout",
            defaultValue = "${env:ACUITY_HEAD_TIMEOUT:-10}",
            paramLabel = "SECONDS",
            description = "for a request's head (default 10)")
    int headTimeout;

    @Option(
            names = "--stall-timeout",
            defaultValue = "${env:ACUITY_STALL_TIMEOUT:-30}",
            paramLabel = "SECONDS",
            description = "longest silence within a body or an answer (default 30)")
    int stallTimeout;

    @Option(
            names = "--grace",
            defaultValue = "${env:ACUITY_GRACE:-30}",
            paramLabel = "SECONDS",
            description = "for pictures accepted before SIGTERM (default 30)")
    int grace;

    @Option(
            names = "--behind-proxy",
            defaultValue = "${env:ACUITY_BEHIND_PROXY:-false}",
            description = "tell clients apart by X-Forwarded-For")
    boolean behindProxy;

    @Option(
            names = "--memory",
            defaultValue = "${env:ACUITY_MEMORY:-2048}",
            paramLabel = "MB",
            description = "device memory for one window of a picture (default 2048)")
    long memory;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) {
        ServeOptions options = options();
        try (Device opened = device.open()) {
            SequencedMap<String, Network> networks = new LinkedHashMap<>();
            for (String model : models) {
                Network network = Models.open(model, opened);
                tryOut(model, network);
                if (networks.put(name(model), network) != null) {
                    throw new UsageException("--model: want models of different names, have " + name(model) + " twice");
                }
            }
            return serve(streams, opened, networks, options);
        }
    }

    private ExitCode serve(
            Streams streams, Device opened, SequencedMap<String, Network> networks, ServeOptions options) {
        try (Service service = Service.start(opened, networks, options);
                Signals _ = Signals.with(service::stop)) {
            String shown = options.host().equals(ANY) ? "localhost" : options.host();
            streams.tell("serving " + networks.keySet() + " on " + opened.describe() + " at http://" + shown + ":"
                    + service.port() + (options.token() == null ? "" : ", with a token"));
            if (options.token() == null && !options.host().equals("127.0.0.1")) {
                streams.tell("there is no token: whoever reaches this port may use it");
            }
            boolean all = service.run();
            streams.tell(all ? "stopped, everything accepted was answered" : "stopped after the grace period");
            return all ? ExitCode.DONE : ExitCode.FAILED;
        } catch (IllegalStateException e) {
            throw new UsageException("serve: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }

    private ServeOptions options() {
        try {
            return new ServeOptions(
                    host,
                    port,
                    token == null || token.isEmpty() ? null : token,
                    maxBytes,
                    maxPixels,
                    maxFrames,
                    queue,
                    Duration.ofSeconds(timeLimit),
                    Duration.ofSeconds(headTimeout),
                    Duration.ofSeconds(stallTimeout),
                    Duration.ofSeconds(grace),
                    behindProxy,
                    memory << 20);
        } catch (IllegalArgumentException e) {
            throw new UsageException("serve: " + e.getMessage());
        }
    }

    /** Refuses at the start, not at a client's picture, a network that has operations without a form for the number mode. */
    private static void tryOut(String model, Network network) {
        try {
            network.tryOut();
        } catch (DeviceException e) {
            throw new DeviceException("model " + model + ": " + e.getMessage(), e);
        }
    }

    /** Clients know a model by its name, not by where its file lies. */
    private static String name(String model) {
        String file = String.valueOf(Path.of(model).getFileName());
        int dot = file.lastIndexOf('.');
        return dot > 0 ? file.substring(0, dot) : file;
    }
}
