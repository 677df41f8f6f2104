package io.acuity.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.RowReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example does what its comment says, and every one that the Javadoc shows exists. */
final class UpscalerSnippetsTest {
    @TempDir
    Path folder;

    private Path lr;
    private Path sr;
    private Image picture;

    @BeforeEach
    void picture() {
        lr = folder.resolve("small.png");
        sr = folder.resolve("large.png");
        byte[] samples = new byte[12 * 9 * 3];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (byte) (i * 5);
        }
        picture = Image.of(12, 9, 3, samples);
        ImageFile.write(picture, lr);
    }

    private byte[] truth() {
        try (Upscaler upscaler = Upscaler.open("edsr_s_x4")) {
            return upscaler.upscale(picture).bytes();
        }
    }

    @Test
    void pictures() throws IOException {
        UpscalerSnippets.pictures(lr.toFile(), sr.toFile());
        assertThat(ImageFile.read(sr).bytes()).isEqualTo(truth());
    }

    @Test
    void files() {
        UpscalerSnippets.files(lr, sr);
        assertThat(ImageFile.read(sr).bytes()).isEqualTo(truth());
    }

    @Test
    void streamed() {
        UpscalerSnippets.streamed(lr, sr);
        assertThat(ImageFile.read(sr).bytes()).isEqualTo(truth());
    }

    @Test
    void memory() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rgb = arena.allocateFrom(ValueLayout.JAVA_BYTE, picture.bytes());
            assertThat(UpscalerSnippets.memory(rgb, 12, 9, arena).toArray(ValueLayout.JAVA_BYTE))
                    .isEqualTo(truth());
        }
    }

    @Test
    void cancelled() {
        Image large = Image.black(2000, 2000, 3, 8);
        assertThatThrownBy(() -> UpscalerSnippets.cancelled(RowReader.of(large), RasterRows.into(MemorySegment.NULL)))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void everyExampleThatIsShownExists() throws IOException {
        String here = Files.readString(Path.of("src/test/java/io/acuity/infer/UpscalerSnippets.java"));
        Pattern shown = Pattern.compile("@snippet class=\"io.acuity.infer.UpscalerSnippets\" region=\"(\\w+)\"");
        int found = 0;
        try (Stream<Path> files = Files.list(Path.of("src/main/java/io/acuity/infer"))) {
            for (Path file : files.toList()) {
                for (Matcher m = shown.matcher(Files.readString(file)); m.find(); found++) {
                    assertThat(here).contains("@start region=\"" + m.group(1) + "\"");
                }
            }
        }
        assertThat(found).isGreaterThanOrEqualTo(5);
    }
}
