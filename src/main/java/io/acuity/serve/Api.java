package io.acuity.serve;

import io.acuity.infer.Cancel;
import io.acuity.infer.Upscaler;
import io.acuity.weights.Json;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Future;

/** What the service answers to which request. */
final class Api {
    private final Service service;
    private final Door door;

    Api(Service service) {
        this.service = service;
        door = new Door(service);
    }

    HttpRouting.Builder routing() {
        HttpRouting.Builder routing = HttpRouting.builder()
                .addFilter(door)
                .error(Throwable.class, Api::problem)
                .post("/v1/upscale", this::upscale)
                .post("/v1/jobs", this::newJob)
                .get("/v1/jobs/{id}", this::job)
                .delete("/v1/jobs/{id}", this::endJob)
                .get("/v1/jobs/{id}/result", this::result)
                .get("/v1/models", this::models)
                .get("/metrics", this::metrics);
        for (String above : List.of("", "/v2")) {
            routing.get(above + "/health/live", (_, response) -> json(response, 200, Map.of("status", "live")))
                    .get(above + "/health/ready", this::ready);
        }
        Page.register(routing);
        for (String known : List.of("/v1/upscale", "/v1/jobs", "/v1/jobs/{id}", "/v1/jobs/{id}/result")) {
            routing.any(known, (request, _) -> wrongMethod(request));
        }
        for (String known : List.of("/v1/models", "/metrics", "/health/live", "/health/ready", "/")) {
            routing.any(known, (request, _) -> wrongMethod(request));
        }
        return routing.any((request, _) -> {
            throw Refusal.of(
                    404,
                    "not_found",
                    "there is nothing at " + Text.shown(request.path().rawPath()));
        });
    }

    private static void wrongMethod(ServerRequest request) {
        throw Refusal.of(
                405,
                "method_not_allowed",
                "this path has no " + Text.shown(request.prologue().method().text()));
    }

    /** Answers with a problem; a client that has left is only disconnected. */
    static void problem(ServerRequest request, ServerResponse response, Throwable failure) {
        if (failure instanceof CloseConnectionException close) {
            throw close;
        }
        if (failure instanceof RequestException noHttp) {
            throw noHttp; // the web server answers, see Problem.OfTransport
        }
        Refusal refusal = Problem.of(failure);
        if (refusal.code().equals("internal")) {
            System.getLogger(Api.class.getName()).log(System.Logger.Level.ERROR, "a request failed", failure);
        }
        if (refusal.retryAfter() > 0) {
            response.header("Retry-After", Long.toString(refusal.retryAfter()));
        }
        if (refusal.status() == 401) {
            response.header("WWW-Authenticate", "Bearer");
        }
        // what is left of a long body is not worth reading
        boolean longBody = request.headers().contentLength().orElse(0) > 1 << 16
                || request.headers().contains(HeaderNames.TRANSFER_ENCODING);
        boolean early = longBody && !request.content().consumed();
        if (early || refusal.status() == 503) {
            response.header("Connection", "close").headers().remove(Door.KEEP_ALIVE);
        }
        if (early) {
            Guard.current().lingers();
        }
        response.status(refusal.status()).header("Content-Type", Problem.TYPE);
        response.send(Problem.json(refusal));
    }

    private static void json(ServerResponse response, int status, Map<String, ?> answer) {
        response.status(status).header("Content-Type", "application/json");
        response.send(Json.write(answer).getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, String> query(ServerRequest request) {
        Map<String, String> query = new HashMap<>();
        for (String name : request.query().names()) {
            List<String> values = request.query().all(name);
            if (values.size() != 1) {
                throw Refusal.badRequest(Text.shown(name) + ": want one value, have " + values.size());
            }
            query.put(name, values.getFirst());
        }
        return query;
    }

    /** Reads the picture and looks at its header. */
    private Order order(ServerRequest request, Bodies.Body body) {
        String type = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
        byte[] file = Multipart.isForm(type) ? Multipart.image(type, body.bytes()) : body.bytes();
        return service.renderer().order(Parameters.of(query(request)), file);
    }

    private void upscale(ServerRequest request, ServerResponse response) throws Exception {
        Parameters.of(query(request));
        service.admission().look();
        Guard guard = Guard.current();
        guard.at(Guard.Phase.BODY);
        try (Bodies.Body body = Bodies.read(request, service.options(), service.memory())) {
            guard.at(Guard.Phase.WORK);
            Order order = order(request, body);
            String client = door.client(request);
            try (var _ = service.admission()
                    .enter(client, order.header().pixels(), service.renderer().bytes(order))) {
                answer(client, response, order, guard);
            }
        }
    }

    private void answer(String client, ServerResponse response, Order order, Guard guard) throws Exception {
        long start = System.nanoTime();
        Cancel cancel = new Cancel();
        long deadline = start + service.options().timeLimit().toNanos();
        guard.watch(cancel::cancel);
        Future<byte[]> work = service.workers()
                .submit(() -> service.renderer().render(order, client, deadline, Upscaler.Progress.NONE, cancel));
        byte[] picture;
        try {
            picture = work.get();
        } catch (Exception e) {
            if (cancel.isCancelled()) {
                service.metrics().left();
                throw new CloseConnectionException("the client left");
            }
            throw e;
        } finally {
            guard.unwatch();
        }
        long took = System.nanoTime() - start;
        String millis = Long.toString(Math.round(took / 1e6));
        response.header("X-Acuity-Model", order.model())
                .header("X-Acuity-Time-Ms", millis)
                .header("Server-Timing", "upscale;dur=" + millis);
        try {
            send(response, order, picture);
        } catch (RuntimeException e) {
            service.metrics().left();
            throw new CloseConnectionException("the client left before its answer was sent", e);
        }
        service.metrics().upscaled(System.nanoTime() - start);
    }

    private static void send(ServerResponse response, Order order, byte[] picture) {
        response.header(
                "Content-Type",
                switch (order.parameters().format()) {
                    case JPEG -> "image/jpeg";
                    case TIFF -> "image/tiff";
                    case BMP -> "image/bmp";
                    case PNG, GIF, WEBP -> "image/png";
                });
        response.send(picture);
    }

    private void newJob(ServerRequest request, ServerResponse response) {
        Parameters.of(query(request));
        service.admission().look();
        Guard guard = Guard.current();
        guard.at(Guard.Phase.BODY);
        Bodies.Body body = Bodies.read(request, service.options(), service.memory());
        boolean begun = false;
        try {
            guard.at(Guard.Phase.WORK);
            Order order = order(request, body);
            String client = door.client(request);
            Admission.Ticket ticket = service.admission()
                    .enter(client, order.header().pixels(), service.renderer().bytes(order));
            Job job = service.jobs().add(order, service.admission().expectedSeconds(client));
            service.workers().execute(() -> {
                try (body;
                        ticket) {
                    run(job, client);
                }
            });
            begun = true;
            response.header("Location", "/v1/jobs/" + job.id());
            json(response, 202, describe(job));
        } finally {
            if (!begun) {
                body.close();
            }
        }
    }

    private void run(Job job, String client) {
        long start = System.nanoTime();
        long deadline = start + service.options().timeLimit().toNanos();
        try {
            job.done(service.renderer().render(job.order(), client, deadline, job::progress, job.cancel()));
            service.metrics().upscaled(System.nanoTime() - start);
        } catch (RuntimeException | OutOfMemoryError e) {
            if (job.cancel().isCancelled()) {
                job.cancelled();
            } else {
                job.failed(Problem.of(e));
            }
        }
    }

    private Job find(ServerRequest request) {
        String id = request.path().pathParameters().get("id");
        Job job = service.jobs().find(id);
        if (job == null) {
            throw Refusal.of(404, "unknown_job", "there is no job " + Text.shown(id) + ", or it is over since long");
        }
        return job;
    }

    private static Map<String, Object> describe(Job job) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", job.id());
        answer.put("status", job.state().name().toLowerCase(Locale.ROOT));
        answer.put("progress", Math.round(job.progress() * 1000) / 1000.0);
        answer.put("seconds", Math.round(job.seconds() * 1000) / 1000.0);
        answer.put("model", job.order().model());
        answer.put("width", job.order().header().width());
        answer.put("height", job.order().header().height());
        Refusal refusal = job.refusal();
        if (refusal != null) {
            answer.put("code", refusal.code());
            answer.put("detail", refusal.detail());
        }
        if (job.state() == Job.State.DONE) {
            answer.put("result", "/v1/jobs/" + job.id() + "/result");
        }
        return answer;
    }

    private void job(ServerRequest request, ServerResponse response) {
        json(response, 200, describe(find(request)));
    }

    private void result(ServerRequest request, ServerResponse response) {
        Job job = find(request);
        byte[] picture = job.state() == Job.State.DONE ? job.fetch() : null;
        if (picture == null) {
            Refusal refusal = job.refusal();
            throw refusal != null
                    ? refusal
                    : Refusal.of(
                            409, "not_done", "the job is " + job.state().name().toLowerCase(Locale.ROOT));
        }
        response.header("X-Acuity-Model", job.order().model());
        send(response, job.order(), picture);
    }

    private void endJob(ServerRequest request, ServerResponse response) {
        Job job = find(request);
        job.cancel().cancel();
        job.cancelled();
        service.jobs().remove(job);
        response.status(204).send();
    }

    private void models(ServerRequest request, ServerResponse response) {
        List<Map<String, Object>> models = service.models().entrySet().stream()
                .map(entry -> {
                    Map<String, Object> model = new LinkedHashMap<>();
                    model.put("name", entry.getKey());
                    model.put("scale", entry.getValue().scale());
                    model.put("architecture", entry.getValue().architecture());
                    return model;
                })
                .toList();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("models", models);
        answer.put("device", service.device().describe());
        answer.put("max_pixels", service.options().maxPixels());
        answer.put("max_bytes", service.options().maxBytes());
        json(response, 200, answer);
    }

    private void ready(ServerRequest request, ServerResponse response) {
        boolean draining = service.admission().isDraining();
        json(response, draining ? 503 : 200, Map.of("status", draining ? "draining" : "ready"));
    }

    private void metrics(ServerRequest request, ServerResponse response) {
        response.header("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        response.send(service.metrics().text(service).getBytes(StandardCharsets.UTF_8));
    }
}
