package io.acuity.benchmark.load;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.Limits;
import io.acuity.data.WriteOptions;
import io.acuity.infer.Upscaler;
import io.acuity.tensor.Random;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/**
 * What the service bears, beside what the library does on the same machine: capacity, three times too much, slow clients,
 * clients that leave, and time.
 *
 * <pre>{@code
 * ./acuity java io.acuity.benchmark.load.Load SECONDS WIDTHxHEIGHT[,WIDTHxHEIGHT...] FOLDER
 * }</pre>
 */
public final class Load {
    private static final String MODEL = "edsr_s_x4";
    private static final String PATH = "/v1/upscale";

    private final double seconds;
    private final List<byte[]> pictures;
    private final Table table;

    private Load(double seconds, List<byte[]> pictures, Table table) {
        this.seconds = seconds;
        this.pictures = pictures;
        this.table = table;
    }

    /** Seconds for each experiment, sizes of pictures, folder for {@code load.md} and {@code load.png}. */
    public static void main(String[] arguments) throws Exception {
        double seconds = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 10;
        List<byte[]> pictures = new ArrayList<>();
        for (String size : (arguments.length > 1 ? arguments[1] : "48x48,96x64,160x120").split(",", -1)) {
            String[] sides = size.split("x", -1);
            pictures.add(picture(Integer.parseInt(sides[0]), Integer.parseInt(sides[1])));
        }
        Path folder = Path.of(arguments.length > 2 ? arguments[2] : "target/load");
        Table table = new Table();
        new Load(seconds, pictures, table).run();
        table.write(folder);
        System.exit(0);
    }

    private static byte[] picture(int width, int height) {
        Random random = Random.of(width, height);
        byte[] samples = new byte[width * height * 3];
        for (int i = 0; i < samples.length; i++) {
            double wave = Math.sin(i % (3 * width) * 0.05) * Math.cos(i / (3.0 * width) * 0.2);
            samples[i] = (byte) (int) (128 + 90 * wave + random.nextFloat() * 20);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageFile.write(Image.of(width, height, 3, samples), out, "picture", ImageFormat.PNG, WriteOptions.DEFAULT);
        return out.toByteArray();
    }

    private void run() throws Exception {
        double library = 0;
        for (int callers : new int[] {1, 2}) {
            library = Math.max(library, library(callers));
        }
        double capacity;
        try (Target target = Target.start(List.of(), "--queue", "64");
                Client client = new Client(target.port())) {
            Generator generator = new Generator(client, PATH, pictures);
            generator.closed(16, Math.min(5, seconds)); // compiled by the JVM, memory taken
            Generator.Outcome most = generator.closed(16, seconds);
            capacity = most.goodput();
            table.row("capacity, 16 callers", "goodput / library", capacity / library, ">= 0.85");
            table.row("", "pictures/s (library " + Table.shown(library) + ")", capacity, "");
            Generator.Outcome light = generator.open(0.5 * capacity, seconds);
            latency("half load", light);
            overload(generator, target, capacity);
            slow(generator, target, capacity, light);
            leave(client, target);
            soak(generator, target, capacity);
        }
    }

    /** Pictures a second of a plain loop over the library: decode, upscale, encode. */
    private double library(int callers) throws InterruptedException {
        AtomicInteger done = new AtomicInteger();
        try (Upscaler upscaler = Upscaler.open(MODEL)) {
            loop(upscaler, callers, Math.min(5, seconds), new AtomicInteger());
            double took = loop(upscaler, callers, seconds, done);
            return done.get() / took;
        }
    }

    private double loop(Upscaler upscaler, int callers, double length, AtomicInteger done) throws InterruptedException {
        long start = System.nanoTime();
        long end = start + (long) (length * 1e9);
        try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
            for (int i = 0; i < callers; i++) {
                threads.execute(() -> {
                    for (int n = 0; System.nanoTime() - end < 0; n++) {
                        byte[] file = pictures.get(n % pictures.size());
                        Image lr = ImageFile.read(file, "picture", Limits.DEFAULT);
                        ByteArrayOutputStream out = new ByteArrayOutputStream();
                        ImageFile.write(upscaler.upscale(lr), out, "picture", ImageFormat.PNG, WriteOptions.DEFAULT);
                        done.incrementAndGet();
                    }
                });
            }
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private void latency(String what, Generator.Outcome outcome) {
        Histogram h = outcome.answered();
        table.row(what, "p50 ms", Generator.Outcome.millis(h, 50), "");
        table.row("", "p99 ms", Generator.Outcome.millis(h, 99), "");
        table.curve(what, h);
    }

    private void overload(Generator generator, Target target, double capacity) throws InterruptedException {
        double before = target.residentMegabytes();
        Generator.Outcome outcome = generator.open(3 * capacity, seconds);
        table.row("three times the capacity", "goodput / capacity", outcome.goodput() / capacity, ">= 0.9");
        table.row("", "refused", (double) outcome.refused().getTotalCount(), "");
        table.row("", "refusals p99 ms", Generator.Outcome.millis(outcome.refused(), 99), "<= 20");
        table.row("", "failed", outcome.failed(), "0");
        table.row("", "answered p99 ms", Generator.Outcome.millis(outcome.answered(), 99), "");
        table.row("", "memory before, MB", before, "");
        table.row("", "memory after, MB", target.residentMegabytes(), "");
        table.curve("refusals, three times the capacity", outcome.refused());
        table.curve("answers, three times the capacity", outcome.answered());
    }

    /** 500 clients that send a byte a second, while others are served at half load. */
    private void slow(Generator generator, Target target, double capacity, Generator.Outcome alone) throws Exception {
        byte[] head = "POST /v1/upscale HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n"
                .getBytes(StandardCharsets.UTF_8);
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            Socket socket = target.connect();
            sockets.add(socket);
            socket.getOutputStream().write(head, 0, i % 2 == 0 ? 10 : head.length);
        }
        Thread drip = Thread.ofVirtual().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                for (Socket socket : sockets) {
                    try {
                        OutputStream out = socket.getOutputStream();
                        out.write('a');
                    } catch (IOException e) {
                        // cut off
                    }
                }
                try {
                    Thread.sleep(1000);
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        Generator.Outcome outcome = generator.open(0.5 * capacity, Math.max(seconds, 13));
        drip.interrupt();
        drip.join();
        int cut = 0;
        for (Socket socket : sockets) {
            socket.setSoTimeout(1);
            try {
                cut += socket.getInputStream().read() < 0 ? 1 : 0;
            } catch (java.net.SocketTimeoutException e) {
                // still open
            } catch (IOException e) {
                cut++;
            }
            socket.close();
        }
        double p99 = Generator.Outcome.millis(outcome.answered(), 99);
        table.row("500 slow clients", "cut off", cut, "500");
        table.row("", "others' p99 / without", p99 / Generator.Outcome.millis(alone.answered(), 99), "<= 1.5");
        table.row("", "others failed", outcome.failed(), "0");
    }

    /** Clients that leave at random moments; then nothing may be left of their work. */
    private void leave(Client client, Target target) throws Exception {
        Random random = Random.of(5, 5);
        for (int i = 0; i < 300; i++) {
            byte[] picture = pictures.get(i % pictures.size());
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
        while (metric(client, "acuity_queue") > 0 || metric(client, "acuity_windows_waiting") > 0) {
            Thread.sleep(1);
        }
        table.row("300 clients that leave", "ms until nothing is left", (System.nanoTime() - start) / 1e6, "");
    }

    private static double metric(Client client, String name) throws IOException {
        String page = new String(client.get("/metrics").body(), StandardCharsets.UTF_8);
        for (String line : page.split("\n", -1)) {
            if (line.startsWith(name + " ")) {
                return Double.parseDouble(line.substring(name.length() + 1));
            }
        }
        throw new IOException("no metric " + name);
    }

    /** 0.7 of the capacity for a while; memory and threads at its thirds. */
    private void soak(Generator generator, Target target, double capacity) throws Exception {
        double[] memory = new double[3];
        int failed = 0;
        for (int third = 0; third < 3; third++) {
            Generator.Outcome outcome = generator.open(0.7 * capacity, seconds);
            failed += outcome.failed() + (int) outcome.refused().getTotalCount();
            memory[third] = target.residentMegabytes();
        }
        table.row("0.7 of the capacity", "failed or refused", failed, "0");
        table.row(
                "",
                "memory, MB, at its thirds",
                memory[2],
                String.format(Locale.ROOT, "%.0f, %.0f, %.0f", memory[0], memory[1], memory[2]));
    }
}
