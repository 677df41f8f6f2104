package io.acuity.serve;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.WriteOptions;
import io.acuity.device.Device;
import io.acuity.infer.Upscaler;
import io.acuity.model.Edsr;
import io.acuity.model.Network;
import io.acuity.tensor.Random;
import io.acuity.weights.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A service in this process with two small networks, and a client. */
final class Served implements AutoCloseable {
    final Device device;
    final SequencedMap<String, Network> networks = new LinkedHashMap<>();
    final Service service;
    final int port;
    final HttpClient client = HttpClient.newHttpClient();

    private Served(UnaryOperator<Limited> change) {
        this(Device.open("cpu"), Served::small, change);
    }

    private Served(Device device, Function<Device, Map<String, Network>> networks, UnaryOperator<Limited> change) {
        this.device = device;
        this.networks.putAll(networks.apply(device));
        service =
                Service.start(device, this.networks, change.apply(new Limited()).options());
        port = service.port();
    }

    private static Map<String, Network> small(Device device) {
        Map<String, Network> networks = new LinkedHashMap<>();
        networks.put("small", Edsr.create(device, new Edsr.Options(2, 16, 1f, 4), 7));
        networks.put("twice", Edsr.create(device, new Edsr.Options(1, 16, 1f, 2), 8));
        networks.put("deep", Edsr.create(device, new Edsr.Options(12, 64, 1f, 2), 9));
        return networks;
    }

    /** One network on a device of the test's choice. */
    static Served on(Device device, Function<Device, Network> network) {
        return new Served(device, opened -> Map.of("one", network.apply(opened)), UnaryOperator.identity());
    }

    static Served with(UnaryOperator<Limited> change) {
        return new Served(change);
    }

    static Served start() {
        return new Served(UnaryOperator.identity());
    }

    /** Options that tests change one by one. */
    static final class Limited {
        String token = "";
        long bytes = 1 << 20;
        long pixels = 1_000_000;
        int frames = 1;
        int queue = 200;
        Duration time = Duration.ofSeconds(60);
        Duration head = Duration.ofSeconds(10);
        Duration stall = Duration.ofSeconds(30);
        boolean proxy;

        ServeOptions options() {
            return new ServeOptions(
                    "127.0.0.1",
                    0,
                    token.isEmpty() ? null : token,
                    bytes,
                    pixels,
                    frames,
                    queue,
                    time,
                    head,
                    stall,
                    Duration.ofSeconds(30),
                    proxy,
                    256L << 20);
        }
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    HttpResponse<byte[]> post(String path, byte[] body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /** A connection to write anything to. */
    Socket socket() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
        return socket;
    }

    /** What the library makes of a picture, as a file. */
    byte[] truth(String model, Image lr, ImageFormat format) {
        Network network = networks.get(model);
        if (network == null) {
            throw new IllegalArgumentException(model);
        }
        try (Upscaler upscaler = new Upscaler(network, new Upscaler.Options(0, false, 1L << 30))) {
            return file(upscaler.upscale(lr), format);
        }
    }

    static byte[] file(Image image, ImageFormat format) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageFile.write(image, out, "picture", format, WriteOptions.DEFAULT);
        return out.toByteArray();
    }

    static Image noise(int width, int height, int channels, int bitDepth) {
        Image image = Image.black(width, height, channels, bitDepth);
        Random random = Random.of(11, (long) width * height * channels + bitDepth);
        for (int i = 0; i < width * height * channels; i++) {
            if (bitDepth == 8) {
                image.bytes()[i] = (byte) random.nextInt();
            } else {
                image.shorts()[i] = (short) random.nextInt();
            }
        }
        return image;
    }

    static byte[] png(int width, int height) {
        return file(noise(width, height, 3, 8), ImageFormat.PNG);
    }

    /** Waits until nothing is held: an answer is with its client a moment before its memory is given back. */
    void settled() throws InterruptedException {
        long end = System.nanoTime() + 10_000_000_000L;
        while (service.memory().held() > 0 || service.admission().accepted() > 0) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(service.memory().held() + " bytes are still held by "
                        + service.admission().accepted() + " pictures");
            }
            Thread.sleep(2);
        }
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> json(HttpResponse<byte[]> response) {
        return (Map<String, Object>) Json.parse(new String(response.body(), StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        client.close();
        service.close();
        device.close();
    }
}
