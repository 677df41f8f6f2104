package io.acuity.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.Limits;
import io.acuity.tensor.Random;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that are slow, leave, send rubbish, or come in crowds. */
@Timeout(120)
final class ClientsTest {
    private static final byte[] HEAD =
            "POST /v1/upscale HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".getBytes(StandardCharsets.UTF_8);

    /** Seconds until the server ends the connection, while {@code bytes} go out one at a time. */
    private static double untilCut(Socket socket, byte[] bytes, int millis) throws Exception {
        long start = System.nanoTime();
        CompletableFuture<Void> ended = CompletableFuture.runAsync(() -> {
            try (InputStream in = socket.getInputStream()) {
                in.readAllBytes();
            } catch (IOException e) {
                // reset: an end as well
            }
        });
        try {
            OutputStream out = socket.getOutputStream();
            for (byte b : bytes) {
                out.write(b);
                if (ended.isDone()) {
                    break;
                }
                Thread.sleep(millis);
            }
        } catch (SocketException e) {
            // what is written into an ended connection
        }
        ended.get(20, TimeUnit.SECONDS);
        return (System.nanoTime() - start) / 1e9;
    }

    private static Served impatient() {
        return Served.with(limits -> {
            limits.head = Duration.ofMillis(800);
            limits.stall = Duration.ofMillis(1500);
            limits.bytes = 4 << 20;
            return limits;
        });
    }

    @Test
    void slowHeadsBodiesAndReadersAreCutOffWhileOthersAreServed() throws Exception {
        try (Served served = impatient()) {
            List<CompletableFuture<Double>> cuts = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                int kind = i % 3;
                cuts.add(CompletableFuture.supplyAsync(
                        () -> {
                            try (Socket socket = served.socket()) {
                                if (kind == 0) {
                                    return untilCut(socket, HEAD, 100); // a byte every 100 ms
                                }
                                socket.getOutputStream().write(HEAD);
                                return untilCut(socket, new byte[kind == 1 ? 1 : 100], 100);
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        Thread::startVirtualThread));
            }
            byte[] png = Served.png(16, 16);
            for (int i = 0; i < 20; i++) {
                assertThat(served.post("/v1/upscale", png).statusCode()).isEqualTo(200);
            }
            for (CompletableFuture<Double> cut : cuts) {
                assertThat(cut.get()).isBetween(0.5, 8.0);
            }
            assertThat(served.service.connections().cut()).isEqualTo(60);
            served.settled();
        }
    }

    @Test
    void aConnectionAtRestIsClosedNotBeforeTheTimeThatAnswersState() throws Exception {
        try (Served served = Served.with(limits -> {
                    limits.head = Duration.ofMillis(500);
                    return limits;
                });
                Socket socket = served.socket()) {
            assertThat(served.get("/health/live").headers().firstValue("Keep-Alive"))
                    .contains("timeout=2");
            byte[] request = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8);
            String answers = "";
            for (int i = 0; i < 3; i++) { // together they take longer than one rest may
                Thread.sleep(1500);
                socket.getOutputStream().write(request);
                while (answers.split("\\{\"status\":\"live\"}", -1).length - 1 <= i) {
                    byte[] got = new byte[4096];
                    int count = socket.getInputStream().read(got);
                    assertThat(count).isPositive();
                    answers += new String(got, 0, count, StandardCharsets.UTF_8);
                }
            }
            long rest = System.nanoTime();
            assertThat(socket.getInputStream().read()).isNegative();
            assertThat(System.nanoTime() - rest).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1900));
        }
    }

    @Test
    void whoDoesNotReadItsAnswerIsCutOff() throws Exception {
        try (Served served = impatient();
                Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4096);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), served.port));
            byte[] png = Served.png(600, 500);
            String head =
                    "POST /v1/upscale?format=bmp HTTP/1.1\r\nHost: x\r\nContent-Length: " + png.length + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().write(png);
            long start = System.nanoTime();
            while (served.service.connections().cut() == 0) { // 14 MB of answer do not fit the sockets' buffers
                assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(60));
                Thread.sleep(20);
            }
            while (served.service.admission().accepted() > 0) {
                Thread.sleep(5);
            }
            served.settled();
        }
    }

    @Test
    void workEndsWhenItsClientLeaves() throws Exception {
        try (Served served = impatient()) {
            byte[] png = Served.png(700, 600); // seconds of work
            for (int i = 0; i < 8; i++) {
                try (Socket socket = served.socket()) {
                    socket.setSoLinger(i % 2 == 0, 0); // by a reset, by an end
                    String head = "POST /v1/upscale?model=deep HTTP/1.1\r\nHost: x\r\nContent-Length: " + png.length
                            + "\r\n\r\n";
                    socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
                    socket.getOutputStream().write(png, 0, i == 7 ? 1000 : png.length);
                    Thread.sleep(20L * i);
                }
            }
            long start = System.nanoTime();
            while (served.service.admission().accepted() > 0
                    || served.service.batcher().statistics().waiting() > 0) {
                Thread.sleep(5);
            }
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(5));
            assertThat(served.post("/v1/upscale", Served.png(8, 8)).statusCode())
                    .isEqualTo(200);
            served.settled();
        }
    }

    /** Rubbish that a service on the open network meets. */
    private static byte[] rubbish(int i) {
        String text = switch (i % 8) {
            case 0 -> "\0\1\2\3\r\n\r\n";
            case 1 -> "GET / HTTP/9.9\r\nHost: x\r\n\r\n";
            case 2 -> "POST /v1/upscale HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n";
            case 3 -> "POST /v1/upscale HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
            case 4 -> "POST /v1/upscale HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n";
            case 5 -> "GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: x\r\n\r\n";
            case 6 -> "GET / HTTP/1.1\r\nHost: x\r\n" + ("A: " + "b".repeat(900) + "\r\n").repeat(40) + "\r\n";
            default -> "GET /v1/jobs/%00%0d%0a HTTP/1.1\r\nHost: x\r\n\r\n";
        };
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void mixedTrafficGetsEachItsOwnAnswerAndRubbishHarmsNobody() throws Exception {
        int requests = Integer.getInteger("acuity.requests", 800);
        try (Served served = Served.start()) {
            List<byte[]> bodies = new ArrayList<>();
            List<byte[]> truths = new ArrayList<>();
            List<String> queries = new ArrayList<>();
            ImageFormat[] formats = {ImageFormat.PNG, ImageFormat.TIFF, ImageFormat.BMP};
            for (int i = 0; i < 36; i++) {
                ImageFormat to = formats[i % 3];
                Image lr = Served.noise(4 + 3 * (i % 5), 4 + 5 * (i % 4), to == ImageFormat.BMP ? 3 : 1 + i % 4, 8);
                String model = i % 2 == 0 ? "small" : "twice";
                bodies.add(Served.file(lr, i % 5 == 0 ? ImageFormat.TIFF : ImageFormat.PNG));
                Image read = ImageFile.read(bodies.getLast(), "picture", Limits.DEFAULT); // with what TIFF adds
                truths.add(served.truth(model, read, to));
                queries.add("/v1/upscale?model=" + model + "&format=" + to.extension());
            }
            Semaphore places = new Semaphore(64);
            Random random = Random.of(1, 2);
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                int which = random.nextInt(bodies.size());
                boolean hostile = i % 5 == 4;
                int number = i;
                places.acquire();
                all.add(CompletableFuture.runAsync(
                        () -> {
                            try {
                                if (hostile) {
                                    hostile(served, number, bodies.get(which));
                                    return;
                                }
                                HttpResponse<byte[]> answer =
                                        served.send(HttpRequest.newBuilder(served.uri(queries.get(which)))
                                                .POST(HttpRequest.BodyPublishers.ofByteArray(bodies.get(which))));
                                assertThat(answer.statusCode()).isEqualTo(200);
                                assertThat(answer.body()).isEqualTo(truths.get(which));
                            } catch (IOException | InterruptedException e) {
                                throw new IllegalStateException(e);
                            } finally {
                                places.release();
                            }
                        },
                        Thread::startVirtualThread));
            }
            for (CompletableFuture<Void> one : all) {
                one.get();
            }
            served.settled();
            assertThat(served.get("/health/ready").statusCode()).isEqualTo(200);
        }
    }

    private static void hostile(Served served, int i, byte[] body) throws IOException {
        try (Socket socket = served.socket()) {
            if (i % 2 == 0) {
                socket.getOutputStream().write(rubbish(i / 10));
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } else {
                String head = "POST /v1/upscale HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length + "\r\n\r\n";
                socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
                socket.getOutputStream().write(body, 0, i % body.length);
                socket.setSoLinger(true, 0);
            }
        } catch (SocketException e) {
            // refused while writing
        }
    }
}
