package io.acuity.benchmark.load;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;

/** Requests over kept connections, with so little work of its own that it may run on the machine it measures. */
final class Client implements AutoCloseable {
    /** A connection, and until when the service lets it rest, as {@link System#nanoTime} counts. */
    private record Connection(Socket socket, InputStream in, long until) {
        boolean isGood() {
            return until - System.nanoTime() > 0;
        }
    }

    /** What came back. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(int status, byte[] body) {}

    /** So many seconds before the service would close a connection at rest it is given up. */
    private static final long MARGIN = 5;

    private final int port;
    private final ConcurrentLinkedDeque<Connection> free = new ConcurrentLinkedDeque<>();

    Client(int port) {
        this.port = port;
    }

    Answer post(String path, byte[] body) throws IOException {
        String head = "POST " + path + " HTTP/1.1\r\nHost: load\r\nContent-Length: " + body.length + "\r\n\r\n";
        return exchange(head, body);
    }

    Answer get(String path) throws IOException {
        return exchange("GET " + path + " HTTP/1.1\r\nHost: load\r\n\r\n", new byte[0]);
    }

    /** One of the service's own figures. */
    double metric(String name) throws IOException {
        String page = new String(get("/metrics").body(), StandardCharsets.UTF_8);
        for (String line : page.split("\n", -1)) {
            if (line.startsWith(name + " ")) {
                return Double.parseDouble(line.substring(name.length() + 1));
            }
        }
        throw new IOException("no metric " + name);
    }

    private Answer exchange(String head, byte[] body) throws IOException {
        Connection connection = connection();
        boolean kept = false;
        try {
            byte[] first = head.getBytes(StandardCharsets.ISO_8859_1);
            byte[] whole = new byte[first.length + body.length];
            System.arraycopy(first, 0, whole, 0, first.length);
            System.arraycopy(body, 0, whole, first.length, body.length);
            connection.socket().getOutputStream().write(whole);
            String status = line(connection.in());
            int length = 0;
            boolean close = false;
            long rest = 0;
            for (String field = line(connection.in()); !field.isEmpty(); field = line(connection.in())) {
                String lower = field.toLowerCase(Locale.ROOT);
                if (lower.startsWith("content-length:")) {
                    length = Integer.parseInt(lower.substring(15).strip());
                }
                if (lower.startsWith("keep-alive: timeout=")) {
                    rest = Long.parseLong(lower.substring(20)) - MARGIN;
                }
                close |= lower.startsWith("connection:") && lower.contains("close");
            }
            byte[] content = connection.in().readNBytes(length);
            if (content.length < length) {
                throw new IOException("the answer is cut off");
            }
            kept = !close && rest > 0;
            connection = new Connection(
                    connection.socket(), connection.in(), System.nanoTime() + TimeUnit.SECONDS.toNanos(rest));
            return new Answer(Integer.parseInt(status.substring(9, 12)), content);
        } finally {
            if (kept) {
                free.addFirst(connection);
            } else {
                connection.socket().close();
            }
        }
    }

    /** The connection last used, as long as it may rest, or a new one. */
    private Connection connection() throws IOException {
        Connection last = free.pollFirst();
        if (last != null && last.isGood()) {
            return last;
        }
        if (last != null) {
            last.socket().close();
        }
        Socket socket = Target.connect(port);
        socket.setTcpNoDelay(true);
        return new Connection(socket, new BufferedInputStream(socket.getInputStream(), 1 << 16), 0);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the connection ended");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        for (Connection connection = free.poll(); connection != null; connection = free.poll()) {
            connection.socket().close();
        }
    }
}
