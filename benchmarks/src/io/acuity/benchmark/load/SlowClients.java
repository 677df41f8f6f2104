package io.acuity.benchmark.load;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** 500 clients that send a byte a second, half of them in the head, half in the body, while others are served at half load. */
final class SlowClients {
    private static final int CLIENTS = 500;
    private static final int ROUNDS = 2;

    /** After ten seconds a client is cut off that has not sent its head, or has sent less than a KiB a second of its body. */
    private static final double SECONDS = 12;

    private static final byte[] HEAD =
            "POST /v1/upscale HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n".getBytes(StandardCharsets.UTF_8);

    private SlowClients() {}

    /** Rounds with and without them alternate; latencies of each kind are put together. */
    static void measure(Setting setting, Generator generator, Target target, double capacity, Table table)
            throws InterruptedException, IOException {
        Histogram with = new Histogram(600_000_000L, 3);
        Histogram without = new Histogram(600_000_000L, 3);
        int cut = 0;
        int failed = 0;
        for (int round = 0; round < ROUNDS; round++) {
            without.add(generator.open(0.5 * capacity, SECONDS).answered());
            List<Socket> sockets = connected(target);
            Thread drip = Thread.ofPlatform().daemon(true).start(() -> drip(sockets));
            Generator.Outcome outcome = generator.open(0.5 * capacity, SECONDS);
            drip.interrupt();
            drip.join();
            with.add(outcome.answered());
            failed += outcome.failed() + (int) outcome.refused().getTotalCount();
            cut += ended(sockets);
        }
        double p99 = Generator.Outcome.millis(with, 99);
        double alone = Generator.Outcome.millis(without, 99);
        table.goal(
                CLIENTS + " slow clients, " + setting.label(),
                "cut off",
                cut / (double) ROUNDS,
                Integer.toString(CLIENTS),
                cut == ROUNDS * CLIENTS);
        table.row("", "others' p99 ms, without", alone, "of " + without.getTotalCount());
        table.row("", "others' p99 ms, with", p99, "of " + with.getTotalCount());
        table.goal("", "with / without", p99 / alone, "at most 1.5", p99 / alone <= 1.5);
        table.goal("", "others failed or refused", failed, "0", failed == 0);
        table.curve("half load, " + setting.label(), without);
        table.curve("half load and slow clients, " + setting.label(), with);
    }

    private static List<Socket> connected(Target target) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Socket socket = target.connect();
            socket.setTcpNoDelay(true);
            socket.getOutputStream().write(HEAD, 0, i % 2 == 0 ? 10 : HEAD.length);
            sockets.add(socket);
        }
        return sockets;
    }

    /** A byte from each in every second, spread over it. */
    private static void drip(List<Socket> sockets) {
        try {
            while (true) {
                for (int i = 0; i < sockets.size(); i++) {
                    try {
                        OutputStream out = sockets.get(i).getOutputStream();
                        out.write('a');
                    } catch (IOException e) {
                        // cut off
                    }
                    if (i % 5 == 4) {
                        Thread.sleep(5000 / CLIENTS);
                    }
                }
            }
        } catch (InterruptedException e) {
            // enough
        }
    }

    private static int ended(List<Socket> sockets) throws IOException {
        int ended = 0;
        for (Socket socket : sockets) {
            socket.setSoTimeout(1);
            try (socket) {
                ended += socket.getInputStream().read() < 0 ? 1 : 0;
            } catch (SocketTimeoutException e) {
                // still open
            } catch (IOException e) {
                ended++;
            }
        }
        return ended;
    }
}
