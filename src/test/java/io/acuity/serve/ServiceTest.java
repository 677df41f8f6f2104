package io.acuity.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.Limits;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.infer.Upscaler;
import io.acuity.model.OverflowingNetwork;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class ServiceTest {
    private static void assertProblem(HttpResponse<byte[]> response, int status, String code) {
        assertThat(new String(response.body(), StandardCharsets.UTF_8)).contains("\"code\":\"" + code + "\"");
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(Served.json(response).get("status")).isEqualTo((long) status);
    }

    @ParameterizedTest
    @CsvSource({"png,PNG,image/png", "jpg,JPEG,image/jpeg", "tif,TIFF,image/tiff", "bmp,BMP,image/bmp"})
    void answersWithWhatTheLibraryMakes(String format, ImageFormat kind, String type) throws Exception {
        try (Served served = Served.start()) {
            Image lr = Served.noise(19, 13, 3, 8);
            byte[] body = Served.file(lr, ImageFormat.PNG);
            HttpResponse<byte[]> answer = served.post("/v1/upscale?format=" + format, body);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(served.truth("small", lr, kind));
            assertThat(answer.headers().firstValue("Content-Type")).hasValue(type);
            assertThat(answer.headers().firstValue("X-Acuity-Model")).hasValue("small");
            assertThat(answer.headers().firstValue("Server-Timing").orElse("")).startsWith("upscale;dur=");
            HttpResponse<byte[]> twice = served.post("/v1/upscale?model=twice&format=" + format, body);
            assertThat(twice.body()).isEqualTo(served.truth("twice", lr, kind));
        }
    }

    @Test
    void takesFormsAndSmallerFactors() throws Exception {
        try (Served served = Served.start()) {
            Image lr = Served.noise(10, 6, 4, 16);
            String head = """
                    --xyz
                    Content-Disposition: form-data; name="other"

                    1
                    --xyz
                    Content-Disposition: form-data; name="image"; filename="../../x"

                    """.replace("\n", "\r\n");
            byte[] file = Served.file(lr, ImageFormat.PNG);
            byte[] body = new byte[head.length() + file.length + 11];
            System.arraycopy(head.getBytes(StandardCharsets.UTF_8), 0, body, 0, head.length());
            System.arraycopy(file, 0, body, head.length(), file.length);
            System.arraycopy("\r\n--xyz--\r\n".getBytes(StandardCharsets.UTF_8), 0, body, body.length - 11, 11);
            HttpResponse<byte[]> answer = served.send(HttpRequest.newBuilder(served.uri("/v1/upscale?scale=2.5"))
                    .header("Content-Type", "multipart/form-data; boundary=xyz")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
            Image have = ImageFile.read(answer.body(), "answer", Limits.DEFAULT);
            try (Upscaler upscaler =
                    new Upscaler(served.networks.firstEntry().getValue(), new Upscaler.Options(0, false, 1 << 30))) {
                Image want = Bicubic.resize(upscaler.upscale(lr), 25, 15, Bicubic.Convention.MIRRORED_DOUBLE);
                assertThat(have.segment().mismatch(want.segment())).isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/upscale?colour=red, 400, bad_request",
        "/v1/upscale?scale=5, 400, bad_request",
        "/v1/upscale?scale=abc, 400, bad_request",
        "/v1/upscale?scale=2&scale=3, 400, bad_request",
        "/v1/upscale?format=webp, 400, bad_request",
        "/v1/upscale?format=../png, 400, bad_request",
        "/v1/upscale?quality=0, 400, bad_request",
        "/v1/upscale?metadata=all, 400, bad_request",
        "/v1/upscale?background=blue, 400, bad_request",
        "/v1/upscale?self_ensemble=maybe, 400, bad_request",
        "/v1/upscale?model=none, 404, unknown_model",
        "/v1/upscale?model=../../etc/passwd, 404, unknown_model",
        "/v1/models, 405, method_not_allowed",
        "/v1/jobs/123, 405, method_not_allowed",
        "/v1/nothing, 404, not_found",
        "/..%2f..%2fetc%2fpasswd, 404, not_found",
        "/index.html, 404, not_found"
    })
    void mistakesAreProblemsWithStableCodes(String path, int status, String code) throws Exception {
        try (Served served = Served.start()) {
            assertProblem(served.post(path, Served.png(4, 4)), status, code);
        }
    }

    @Test
    void wrongPicturesAreProblems() throws Exception {
        try (Served served = Served.with(limits -> {
            limits.pixels = 1000;
            limits.bytes = 5000;
            return limits;
        })) {
            byte[] png = Served.png(12, 8);
            assertProblem(served.post("/v1/upscale", new byte[0]), 400, "bad_request");
            assertProblem(
                    served.post("/v1/upscale", "hello".getBytes(StandardCharsets.UTF_8)), 415, "unsupported_format");
            byte[] cut = java.util.Arrays.copyOf(png, png.length / 2);
            assertProblem(served.post("/v1/upscale", cut), 422, "undecodable");
            byte[] flipped = png.clone();
            flipped[png.length / 2] ^= 1;
            assertProblem(served.post("/v1/upscale", flipped), 422, "undecodable");
            byte[] many = Served.file(Image.black(40, 30, 3, 8), ImageFormat.PNG);
            assertProblem(served.post("/v1/upscale", many), 413, "too_many_pixels");
            assertProblem(served.post("/v1/upscale", new byte[6000]), 413, "too_large");
            HttpResponse<byte[]> endless = served.send(HttpRequest.newBuilder(served.uri("/v1/upscale"))
                    .POST(HttpRequest.BodyPublishers.ofInputStream(
                            () -> new java.io.ByteArrayInputStream(new byte[20_000]))));
            assertThat(endless.statusCode()).isEqualTo(413);
            assertThat(served.post("/v1/upscale", png).statusCode()).isEqualTo(200);
            served.settled();
        }
    }

    @Test
    void theTokenIsWantedWhereThereIsWork() throws Exception {
        try (Served served = Served.with(limits -> {
            limits.token = "s3cret";
            return limits;
        })) {
            byte[] png = Served.png(4, 4);
            for (String path : List.of("/v1/models", "/metrics", "/v1/jobs/1")) {
                assertProblem(served.get(path), 401, "unauthorized");
            }
            assertProblem(served.post("/v1/upscale", png), 401, "unauthorized");
            for (String wrong : List.of("Bearer s3cre", "Bearer s3cret2", "s3cret", "Basic s3cret", "")) {
                HttpRequest.Builder request =
                        HttpRequest.newBuilder(served.uri("/v1/models")).header("Authorization", wrong);
                assertProblem(served.send(request), 401, "unauthorized");
            }
            HttpRequest.Builder right =
                    HttpRequest.newBuilder(served.uri("/v1/models")).header("Authorization", "Bearer s3cret");
            assertThat(served.send(right).statusCode()).isEqualTo(200);
            for (String open : List.of("/", "/health/live", "/health/ready", "/v2/health/ready")) {
                assertThat(served.get(open).statusCode()).as(open).isEqualTo(200);
            }
        }
    }

    @Test
    void jobsAreDoneFetchedAndEnded() throws Exception {
        try (Served served = Served.start()) {
            Image lr = Served.noise(20, 20, 3, 8);
            HttpResponse<byte[]> begun = served.post("/v1/jobs", Served.file(lr, ImageFormat.PNG));
            assertThat(begun.statusCode()).isEqualTo(202);
            String at = begun.headers().firstValue("Location").orElseThrow();
            Map<String, Object> state = Served.json(begun);
            while ("running".equals(state.get("status"))) {
                Thread.sleep(5);
                state = Served.json(served.get(at));
            }
            assertThat(state).containsEntry("status", "done").containsEntry("width", 20L);
            assertThat(served.get(at + "/result").body()).isEqualTo(served.truth("small", lr, ImageFormat.PNG));
            HttpRequest.Builder delete = HttpRequest.newBuilder(served.uri(at)).DELETE();
            assertThat(served.send(delete).statusCode()).isEqualTo(204);
            assertProblem(served.get(at), 404, "unknown_job");

            String slow = served.post("/v1/jobs?model=deep", Served.png(500, 300))
                    .headers()
                    .firstValue("Location")
                    .orElseThrow();
            assertProblem(served.get(slow + "/result"), 409, "not_done");
            served.send(HttpRequest.newBuilder(served.uri(slow)).DELETE());
            while (served.service.admission().accepted() > 0) {
                Thread.sleep(5);
            }
            served.settled();
        }
    }

    @Test
    void aFullQueueRefusesAtOnceAndSaysWhenToComeAgain() throws Exception {
        try (Served served = Served.with(limits -> {
            limits.queue = 3;
            return limits;
        })) {
            byte[] png = Served.png(200, 160);
            List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                answers.add(served.client.sendAsync(
                        HttpRequest.newBuilder(served.uri("/v1/upscale?model=deep"))
                                .POST(HttpRequest.BodyPublishers.ofByteArray(png))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray()));
            }
            int done = 0;
            for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
                HttpResponse<byte[]> response = answer.get();
                if (response.statusCode() == 200) {
                    done++;
                } else {
                    assertProblem(response, 429, "queue_full");
                    assertThat(Long.parseLong(
                                    response.headers().firstValue("Retry-After").orElseThrow()))
                            .isPositive();
                }
            }
            assertThat(done).isBetween(3, 11);
        }
    }

    @Test
    void whatTakesTooLongIsGivenUp() throws Exception {
        try (Served served = Served.with(limits -> {
            limits.time = java.time.Duration.ofMillis(300);
            return limits;
        })) {
            assertProblem(served.post("/v1/upscale?model=deep", Served.png(600, 500)), 503, "time_limit");
            assertThat(served.post("/v1/upscale", Served.png(5, 5)).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void stoppingAnswersWhatWasAcceptedAndRefusesTheRest() throws Exception {
        try (Served served = Served.start()) {
            Image lr = Served.noise(300, 200, 3, 8);
            CompletableFuture<HttpResponse<byte[]>> accepted = served.client.sendAsync(
                    HttpRequest.newBuilder(served.uri("/v1/upscale?model=deep"))
                            .POST(HttpRequest.BodyPublishers.ofByteArray(Served.file(lr, ImageFormat.PNG)))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            while (served.service.admission().accepted() == 0) {
                Thread.sleep(1);
            }
            assertThat(served.get("/health/ready").statusCode()).isEqualTo(200);
            served.service.stop();
            assertThat(served.get("/health/ready").statusCode()).isEqualTo(503);
            assertThat(served.get("/health/live").statusCode()).isEqualTo(200);
            assertProblem(served.post("/v1/upscale", Served.png(4, 4)), 503, "draining");
            assertThat(served.service.run()).isTrue();
            assertThat(accepted.get().statusCode()).isEqualTo(200);
            assertThat(accepted.get().body()).isEqualTo(served.truth("deep", lr, ImageFormat.PNG));
            assertThatThrownBy(() -> served.get("/health/live")).isInstanceOf(java.io.IOException.class);
        }
    }

    @Test
    void metricsAreWhatPrometheusReads() throws Exception {
        try (Served served = Served.start()) {
            served.post("/v1/upscale", Served.png(6, 6));
            served.post("/v1/upscale?x=1", Served.png(6, 6));
            HttpResponse<byte[]> page = served.get("/metrics");
            String text = new String(page.body(), StandardCharsets.UTF_8);
            for (String line : text.split("\n", -1)) {
                assertThat(line)
                        .matches(
                                "|# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*})? [0-9.]+");
            }
            assertThat(text)
                    .contains("acuity_requests_total{route=\"/v1/upscale\",status=\"200\"} 1\n")
                    .contains("acuity_requests_total{route=\"/v1/upscale\",status=\"400\"} 1\n")
                    .contains("acuity_upscale_seconds_count 1\n")
                    .contains("acuity_windows_total 1\n")
                    .contains("acuity_windows_redone_total 0\n");
        }
    }

    @Test
    void metricsTellOfWindowsThatBf16CouldNotDo() throws Exception {
        try (Served served = Served.on(Device.open("emu", Precision.BF16), OverflowingNetwork::create)) {
            Image white = OverflowingNetwork.white(8, 6, 2, 3);
            byte[] truth = served.truth("one", white, ImageFormat.PNG);
            assertThat(served.post("/v1/upscale", Served.file(white, ImageFormat.PNG))
                            .body())
                    .isEqualTo(truth);
            Image dark = OverflowingNetwork.dark(8, 6);
            assertThat(served.post("/v1/upscale", Served.file(dark, ImageFormat.PNG))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(new String(served.get("/metrics").body(), StandardCharsets.UTF_8))
                    .contains("acuity_windows_total 2\n")
                    .contains("acuity_windows_redone_total 1\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/style.css", "/page.js", "/viewer.js", "/icon.svg"})
    void thePageNamesNoOtherPlace(String path) throws Exception {
        try (Served served = Served.start()) {
            HttpResponse<byte[]> file = served.get(path);
            assertThat(file.statusCode()).isEqualTo(200);
            assertThat(file.headers().firstValue("Content-Security-Policy").orElse(""))
                    .contains("default-src 'self'");
            String text = new String(file.body(), StandardCharsets.UTF_8).replace("http://www.w3.org/2000/svg", "");
            assertThat(text).doesNotContain("http:").doesNotContain("https:").doesNotContain("url(//");
        }
    }
}
