package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.serve.ServeOptions;
import io.acuity.serve.Service;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The page in a browser, from the choice of a file to the downloaded result; pictures of it go to target/page. */
@Timeout(180)
final class PageTest {
    private static final Path SHOTS = Path.of("target/page");

    // Chromium's last files may come after its end
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    private static Service start(Device device, String token) {
        SequencedMap<String, Network> models = new LinkedHashMap<>();
        models.put(Models.DEFAULT, Models.open(Models.DEFAULT, device));
        ServeOptions d = ServeOptions.DEFAULT;
        return Service.start(
                device,
                models,
                new ServeOptions(
                        d.host(),
                        0,
                        token.isEmpty() ? null : token,
                        d.maxBytes(),
                        2_000_000,
                        1,
                        4,
                        Duration.ofSeconds(60),
                        d.headTime(),
                        d.stall(),
                        d.grace(),
                        false,
                        256L << 20));
    }

    private Path profile() throws Exception {
        return Files.createTempDirectory("acuity-chromium");
    }

    /** The file that a click on "Download" puts into the folder. */
    private byte[] downloaded(Browser browser, String name) throws Exception {
        Path downloads = Files.createDirectory(folder.resolve("downloads"));
        browser.call("Browser.setDownloadBehavior", Map.of("behavior", "allow", "downloadPath", downloads.toString()));
        browser.eval("document.getElementById('download').click()");
        Path file = downloads.resolve(name);
        while (!Files.exists(file)) {
            Thread.sleep(20);
        }
        return Files.readAllBytes(file);
    }

    /** Colour of a point of the canvas. */
    private static String pixel(Browser browser, double part) throws Exception {
        return browser.eval("(() => { const c = document.getElementById('canvas'); const p = c.getContext('2d')"
                + ".getImageData(c.width * " + part + ", c.height / 2, 1, 1).data; return [...p].join(); })()");
    }

    @Test
    void aPictureIsUpscaledComparedAndDownloaded() throws Exception {
        Path lr = Cli.picture(folder.resolve("boat.png"), 60, 40, 3);
        assertThat(Cli.run("upscale", "-i", lr, "-o", folder.resolve("truth.png"))
                        .code())
                .isZero();
        try (Device device = Device.open("cpu");
                Service service = start(device, "");
                Browser browser = new Browser(profile())) {
            browser.open("http://127.0.0.1:" + service.port() + "/");
            browser.await("document.getElementById('where').textContent.includes('cpu')");
            assertThat(browser.eval("document.getElementById('where').textContent"))
                    .contains(Models.DEFAULT);
            assertThat(browser.eval("document.getElementById('limits').textContent"))
                    .contains("2.0 megapixels");
            browser.picture(SHOTS.resolve("start.png"));

            browser.choose("#choose", lr);
            browser.await("!document.getElementById('result').hidden");
            assertThat(browser.eval("document.getElementById('said').textContent"))
                    .startsWith("Done: 60×40 to 240×160");
            assertThat(browser.eval("document.getElementById('download').download"))
                    .isEqualTo("boat_x4.png");
            assertThat(downloaded(browser, "boat_x4.png")).isEqualTo(Files.readAllBytes(folder.resolve("truth.png")));
            assertThat(browser.eval("document.getElementById('work').hidden")).isEqualTo("true");
            assertThat(browser.eval("document.activeElement.id")).isEqualTo("result-title");
            browser.picture(SHOTS.resolve("result.png"));

            // the slider by keyboard: a point right of the middle shows the picture before
            String after = pixel(browser, 0.6);
            browser.eval("document.getElementById('slider').focus()");
            for (int i = 0; i < 60; i++) {
                browser.key("ArrowRight", 39);
            }
            assertThat(Double.parseDouble(browser.eval("document.getElementById('slider').value")))
                    .isEqualTo(80);
            assertThat(browser.eval("document.getElementById('slider').getAttribute('aria-valuetext')"))
                    .isEqualTo("80 percent before");
            assertThat(pixel(browser, 0.6)).isNotEqualTo(after);

            // the line by mouse, then zoom and pan by keyboard
            String box = browser.eval("(() => { const b = document.getElementById('stage').getBoundingClientRect();"
                    + " return [b.left, b.top, b.width, b.height].map(Math.round).join(); })()");
            List<Integer> b =
                    List.of(box.split(",")).stream().map(Integer::valueOf).toList();
            int y = b.get(1) + b.get(3) / 2;
            browser.drag(b.get(0) + b.get(2) * 8 / 10, y, b.get(0) + b.get(2) / 4, y);
            assertThat(Double.parseDouble(browser.eval("document.getElementById('slider').value")))
                    .isBetween(24.0, 26.0);
            String zoom = browser.eval("document.getElementById('zoom').value");
            browser.eval("document.getElementById('stage').focus()");
            browser.key("+", 187);
            String zoomed = browser.eval("document.getElementById('zoom').value");
            assertThat(zoomed).isNotEqualTo(zoom);
            String there = pixel(browser, 0.6);
            browser.key("ArrowLeft", 37);
            assertThat(pixel(browser, 0.6)).isNotEqualTo(there);
            browser.picture(SHOTS.resolve("zoomed.png"));
            browser.key("0", 48);
            assertThat(browser.eval("document.getElementById('zoom').value")).isEqualTo(zoom);

            // dark, and narrow as a telephone
            browser.call(
                    "Emulation.setEmulatedMedia",
                    Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
            browser.picture(SHOTS.resolve("dark.png"));
            assertThat(browser.eval("getComputedStyle(document.body).backgroundColor"))
                    .isEqualTo("rgb(16, 22, 28)");
            browser.call(
                    "Emulation.setDeviceMetricsOverride",
                    Map.of("width", 360, "height", 780, "deviceScaleFactor", 2, "mobile", true));
            assertThat(Integer.parseInt(browser.eval("document.documentElement.scrollWidth")))
                    .isLessThanOrEqualTo(360);
            browser.picture(SHOTS.resolve("narrow.png"));
            assertThat(browser.complaints).isEmpty();
        }
    }

    @Test
    void failuresAreToldAndTheTokenIsAskedFor() throws Exception {
        Path text = folder.resolve("notes.png");
        Files.write(text, "no picture".getBytes(StandardCharsets.UTF_8));
        try (Device device = Device.open("cpu");
                Service service = start(device, "word");
                Browser browser = new Browser(profile())) {
            browser.open("http://127.0.0.1:" + service.port() + "/");
            browser.await("!document.getElementById('token-row').hidden");
            browser.eval("(() => { const t = document.getElementById('token'); t.value = 'word';"
                    + " t.dispatchEvent(new Event('change')); })()");
            browser.await("document.getElementById('where').textContent.includes('cpu')");
            browser.choose("#choose", text);
            browser.await("!document.getElementById('failed').hidden");
            assertThat(browser.eval("document.getElementById('failed').textContent"))
                    .isEqualTo("This did not work: want a PNG, JPEG, TIFF, WebP, BMP or GIF picture");
            assertThat(browser.eval("document.getElementById('failed').getAttribute('role')"))
                    .isEqualTo("alert");
            browser.picture(SHOTS.resolve("failed.png"));
        }
    }

    @Test
    void everyControlHasANameForScreenReaders() throws Exception {
        try (Device device = Device.open("cpu");
                Service service = start(device, "");
                Browser browser = new Browser(profile())) {
            browser.open("http://127.0.0.1:" + service.port() + "/");
            browser.eval("document.querySelectorAll('[hidden]').forEach(e => e.hidden = false)");
            String tree = browser.call("Accessibility.getFullAXTree", Map.of());
            for (String role : List.of("button", "slider", "combobox", "link", "checkbox", "textbox", "progressbar")) {
                assertThat(tree).contains("\"value\":\"" + role + "\"");
            }
            assertThat(tree)
                    .doesNotContainPattern(
                            "\"value\":\"(button|slider|combobox|link|checkbox|textbox)\"\\},\"chromeRole\":\\{[^}]*\\},"
                                    + "\"name\":\\{\"type\":\"computedString\",\"value\":\"\"");
        }
    }
}
