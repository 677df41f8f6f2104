package io.acuity.benchmark.load;

import io.acuity.tensor.Random;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Clients that leave at random moments; then nothing may be left of their work. */
final class Leavers {
    private static final int CLIENTS = 300;

    private Leavers() {}

    static void measure(Setting setting, Client client, Target target, Table table)
            throws InterruptedException, IOException {
        Random random = Random.of(5, 5);
        for (int i = 0; i < CLIENTS; i++) {
            byte[] picture = setting.picture(i);
            try (Socket socket = target.connect()) {
                String head = "POST /v1/upscale HTTP/1.1\r\nHost: x\r\nContent-Length: " + picture.length + "\r\n\r\n";
                socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
                socket.getOutputStream().write(picture, 0, 1 + random.nextInt(picture.length));
                socket.setSoLinger(true, 0);
                Thread.sleep(random.nextInt(10));
            } catch (IOException e) {
                // refused while it was sending
            }
        }
        long start = System.nanoTime();
        while (client.metric("acuity_queue") > 0 || client.metric("acuity_windows_waiting") > 0) {
            Thread.sleep(1);
        }
        table.row(CLIENTS + " clients that leave", "ms until nothing is left", (System.nanoTime() - start) / 1e6, "");
    }
}
