package io.acuity.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.acuity.weights.Json;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Headless Chromium, driven through the DevTools protocol over its WebSocket. */
final class Browser implements AutoCloseable {
    private static final Pattern DATA = Pattern.compile("\"data\":\"([A-Za-z0-9+/=]*)\"");
    private static final Pattern ADDRESS =
            Pattern.compile("\"webSocketDebuggerUrl\":\\s*\"(ws://[^\"]*/page/[^\"]*)\"");

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<String>> waiting = new ConcurrentHashMap<>();
    private int number;

    /** Messages of the page's console and errors of its scripts. */
    final List<String> complaints = new ArrayList<>();

    /** Starts it with an empty profile in {@code folder}; without Chromium the test is skipped, loudly. */
    Browser(Path folder) throws Exception {
        String program = program();
        if (program == null) {
            System.err.println("SKIPPED: no chromium on PATH; apt-get install chromium runs the tests of the page");
        }
        assumeTrue(program != null, "no chromium on PATH: apt-get install chromium");
        process = new ProcessBuilder(
                        program,
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--remote-debugging-port=0",
                        "--window-size=1200,1000",
                        "--user-data-dir=" + folder,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("chromium.log").toFile())
                .start();
        Path portFile = folder.resolve("DevToolsActivePort");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(portFile) || Files.readAllLines(portFile).size() < 2) {
            if (System.nanoTime() - end > 0 || !process.isAlive()) {
                throw new IOException("chromium does not start: " + Files.readString(folder.resolve("chromium.log")));
            }
            Thread.sleep(50);
        }
        String port = Files.readAllLines(portFile).getFirst();
        String list = client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        Matcher address = ADDRESS.matcher(list);
        if (!address.find()) {
            throw new IOException("chromium shows no page: " + list);
        }
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(address.group(1)), new Listener())
                .get();
        call("Page.enable", Map.of());
        call("Runtime.enable", Map.of());
        call("Log.enable", Map.of());
    }

    private static @Nullable String program() {
        for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
            for (String name : List.of("chromium", "chromium-browser", "google-chrome")) {
                if (Files.isExecutable(Path.of(folder, name))) {
                    return folder + "/" + name;
                }
            }
        }
        return null;
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                String message = text.toString();
                text.setLength(0);
                Matcher id = Pattern.compile("^\\{\"id\":(\\d+)").matcher(message);
                if (id.find()) {
                    CompletableFuture<String> answer = waiting.remove(Integer.parseInt(id.group(1)));
                    if (answer != null) {
                        answer.complete(message);
                    }
                } else if (message.contains("Runtime.exceptionThrown") || message.contains("\"level\":\"error\"")) {
                    complaints.add(message);
                }
            }
            from.request(1);
            return null;
        }
    }

    /** One command; the answer as it came. */
    String call(String method, Map<String, ?> parameters) throws Exception {
        int id = ++number;
        CompletableFuture<String> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("id", id);
        message.put("method", method);
        message.put("params", parameters);
        socket.sendText(Json.write(message), true).get();
        String text = answer.get(60, TimeUnit.SECONDS);
        if (text.startsWith("{\"id\":" + id + ",\"error\"") || text.contains("\"exceptionDetails\"")) {
            throw new IOException(method + ": " + text);
        }
        return text;
    }

    void open(String url) throws Exception {
        call("Page.navigate", Map.of("url", url));
        await("document.readyState === 'complete'");
    }

    /** The value of an expression as a string; promises are awaited. */
    String eval(String expression) throws Exception {
        String answer = call(
                "Runtime.evaluate",
                Map.of(
                        "expression",
                        "(async () => String(await (" + expression + ")))()",
                        "awaitPromise",
                        true,
                        "returnByValue",
                        true));
        return (String) member(answer, "value");
    }

    /** Waits until an expression holds. */
    void await(String condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!eval(condition).equals("true")) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("never became true: " + condition + "; page says "
                        + eval("document.body.innerText") + complaints);
            }
            Thread.sleep(30);
        }
    }

    /** Chooses a file in an input, as a user does in the dialog. */
    void choose(String selector, Path file) throws Exception {
        String answer = call("Runtime.evaluate", Map.of("expression", "document.querySelector('" + selector + "')"));
        call(
                "DOM.setFileInputFiles",
                Map.of("files", List.of(file.toAbsolutePath().toString()), "objectId", member(answer, "objectId")));
    }

    /** A member of the value that an evaluation came to. */
    private static Object member(String answer, String name) {
        Map<?, ?> outer = (Map<?, ?>) Json.parse(answer);
        Map<?, ?> result = (Map<?, ?>) Objects.requireNonNull(outer.get("result"));
        Map<?, ?> value = (Map<?, ?>) Objects.requireNonNull(result.get("result"));
        return Objects.requireNonNull(value.get(name), answer);
    }

    /** A key as the keyboard gives it. */
    void key(String key, int code) throws Exception {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", code));
        }
    }

    /** Presses the mouse at one place and lets go at another. */
    void drag(int x, int y, int toX, int toY) throws Exception {
        mouse("mousePressed", x, y, 1);
        mouse("mouseMoved", (x + toX) / 2, (y + toY) / 2, 1);
        mouse("mouseMoved", toX, toY, 1);
        mouse("mouseReleased", toX, toY, 0);
    }

    private void mouse(String type, int x, int y, int buttons) throws Exception {
        call(
                "Input.dispatchMouseEvent",
                Map.of("type", type, "x", x, "y", y, "button", "left", "buttons", buttons, "clickCount", 1));
    }

    /** The page as it looks, a PNG file. */
    void picture(Path file) throws Exception {
        Matcher data = DATA.matcher(call("Page.captureScreenshot", Map.of("format", "png")));
        if (!data.find()) {
            throw new IOException("no screenshot");
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(data.group(1)));
    }

    @Override
    public void close() {
        socket.abort();
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        client.shutdownNow();
    }
}
