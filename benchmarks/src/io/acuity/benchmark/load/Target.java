package io.acuity.benchmark.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code acuity serve} as a process of its own, on a free port. */
public final class Target implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("at http://[^:]+:(\\d+)");

    private final Process process;
    private final int port;

    private Target(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts it with this process's classes and waits until it serves.
     *
     * @param before what runs the JVM, such as {@code unshare -n}; may be empty
     */
    public static Target start(List<String> before, String... options) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:MaxRAMPercentage=25",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.awt.headless=true",
                "-Dacuity.library=" + System.getProperty("acuity.library"),
                "-cp",
                System.getProperty("java.class.path"),
                "io.acuity.cli.Acuity",
                "serve",
                "--port",
                "0"));
        command.addAll(Arrays.asList(options));
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader err =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line = err.readLine(); line != null; line = err.readLine()) {
            said.append(line).append('\n');
            Matcher address = ADDRESS.matcher(line);
            if (address.find()) {
                Thread.ofVirtual().start(() -> drain(err));
                return new Target(process, Integer.parseInt(address.group(1)));
            }
        }
        throw new IOException("the service does not start: " + said);
    }

    private static void drain(BufferedReader err) {
        try (err) {
            for (String line = err.readLine(); line != null; line = err.readLine()) {
                if (!line.contains("stopped")) {
                    System.err.println(line);
                }
            }
        } catch (IOException e) {
            // the process has ended
        }
    }

    /** Where it listens. */
    public int port() {
        return port;
    }

    /** A new connection to it. */
    Socket connect() throws IOException {
        return connect(port);
    }

    static Socket connect(int port) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    /** The process. */
    public Process process() {
        return process;
    }

    /** Resident memory in MB; 0 where the system does not say. */
    double residentMegabytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
                }
            }
        } catch (IOException e) {
            // not Linux, or it has ended
        }
        return 0;
    }

    /** File descriptors; 0 where the system does not say. */
    int openFiles() {
        String[] open = Path.of("/proc/" + process.pid() + "/fd").toFile().list();
        return open == null ? 0 : open.length;
    }

    /** Has its JVM collect garbage, so that what the heap holds is what is needed. */
    void collect() throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(process.pid()),
                        "GC.run")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (jcmd.waitFor() != 0) {
            throw new IOException("jcmd GC.run ended with " + jcmd.exitValue());
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(40, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
