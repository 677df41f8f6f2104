package io.acuity.serve;

import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The page at {@code /}: a few files of the jar, by fixed names. */
final class Page {
    private static final String FOLDER = "/io/acuity/page/";

    private Page() {}

    static void register(HttpRouting.Builder routing) {
        add(routing, "/", "index.html", "text/html; charset=utf-8");
        add(routing, "/style.css", "style.css", "text/css; charset=utf-8");
        add(routing, "/page.js", "page.js", "text/javascript; charset=utf-8");
        add(routing, "/viewer.js", "viewer.js", "text/javascript; charset=utf-8");
        add(routing, "/icon.svg", "icon.svg", "image/svg+xml");
    }

    private static void add(HttpRouting.Builder routing, String path, String file, String type) {
        byte[] bytes = read(file);
        routing.get(path, (_, response) -> {
            response.header("Content-Type", type);
            response.send(bytes);
        });
    }

    private static byte[] read(String file) {
        try (InputStream in = Page.class.getResourceAsStream(FOLDER + file)) {
            if (in == null) {
                throw new IllegalStateException("this build has no " + FOLDER + file);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
