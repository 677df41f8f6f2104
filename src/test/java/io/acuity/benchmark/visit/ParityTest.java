package io.acuity.benchmark.visit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParityTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    private Path file(String name, String... lines) throws IOException {
        return Files.write(folder.resolve(name), List.of(lines));
    }

    private boolean near(Path a, Path b) {
        return Parity.compare(a, b, 0.02, new PrintStream(said, true, UTF_8));
    }

    @Test
    void holdsEachSetToTheBound() throws IOException {
        Path fp32 = file("a", "{\"set\":\"Set5\",\"psnr_y\":32.0}", "{\"set\":\"Set14\",\"psnr_y\":28.5}");

        assertThat(near(
                        fp32,
                        file("b", "{\"set\":\"Set5\",\"psnr_y\":31.985}", "{\"set\":\"Set14\",\"psnr_y\":28.51}")))
                .isTrue();
        assertThat(said.toString(UTF_8))
                .contains("Set5: PSNR 32.0000 and 31.9850 dB, -0.0150 apart, want at most 0.02");
        assertThat(near(fp32, file("c", "{\"set\":\"Set5\",\"psnr_y\":32.0}", "{\"set\":\"Set14\",\"psnr_y\":28.47}")))
                .isFalse();
    }

    @Test
    void wantsTheSameSets() throws IOException {
        Path one = file("a", "{\"set\":\"Set5\",\"psnr_y\":32.0}");

        assertThat(near(one, file("b"))).isFalse();
        assertThat(near(one, file("c", "{\"set\":\"Set14\",\"psnr_y\":32.0}"))).isFalse();
        assertThat(near(folder.resolve("none"), folder.resolve("none"))).isFalse();
    }
}
