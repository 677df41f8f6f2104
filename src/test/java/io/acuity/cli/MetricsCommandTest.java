package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsCommandTest {
    @TempDir
    Path folder = Path.of("");

    private Path grey(String name, int level) throws IOException {
        byte[] samples = new byte[32 * 24 * 3];
        Arrays.fill(samples, (byte) level);
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageFile.write(Image.of(32, 24, 3, samples), file);
        return file;
    }

    @Test
    void knownDifference() throws IOException {
        Cli run = Cli.run("metrics", "-a", grey("a.png", 100), "-b", grey("b.png", 110), "--json");

        assertThat(run.code()).isZero();
        // 10 levels everywhere: 20 log10(255 / 10); luma has 219/255 of the range
        assertThat(run.number("psnr_rgb")).isCloseTo(28.1308, offset(1e-4));
        assertThat(run.number("psnr_y")).isCloseTo(29.4527, offset(1e-3));
    }

    private static org.assertj.core.data.Offset<Double> offset(double by) {
        return org.assertj.core.data.Offset.offset(by);
    }

    @Test
    void equalPicturesAreInfinitelyClose() throws IOException {
        Path a = Cli.picture(folder.resolve("a.png"), 40, 30, 1);

        assertThat(Cli.run("metrics", "-a", a, "-b", a, "--json").objects().getFirst())
                .containsEntry("psnr_y", "infinity")
                .containsEntry("ssim_y", 1.0);
    }

    @Test
    void foldersArePairedByNameAndAveraged() throws IOException {
        grey("hr/bird.png", 100);
        grey("hr/baby.png", 100);
        grey("sr/babyx4.png", 110);
        grey("sr/bird_x4.jpg", 100);

        Cli run = Cli.run("metrics", "-a", folder.resolve("hr"), "-b", folder.resolve("sr"));

        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).hasSize(4);
        assertThat(run.out()).containsPattern("baby +29\\.45").contains("mean");
    }

    @Test
    void oneWithoutPartnerDoesNotStopTheRest() throws IOException {
        grey("hr/baby.png", 100);
        grey("hr/bird.png", 100);
        grey("sr/baby.png", 110);

        Cli run = Cli.run("metrics", "-a", folder.resolve("hr"), "-b", folder.resolve("sr"), "--json");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.objects()).hasSize(1);
        assertThat(run.err()).contains("bird.png").contains("have none");
    }

    @Test
    void sizesMustAgree() throws IOException {
        Path a = Cli.picture(folder.resolve("a.png"), 40, 30, 1);
        Path b = Cli.picture(folder.resolve("b.png"), 30, 40, 1);

        Cli run = Cli.run("metrics", "-a", a, "-b", b);

        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("want 40x30").contains("have 30x40").hasLineCount(1);
    }

    @Test
    void fileAgainstFolderIsWrongUsage() throws IOException {
        Path a = Cli.picture(folder.resolve("a.png"), 40, 30, 1);

        assertThat(Cli.run("metrics", "-a", a, "-b", folder).code()).isEqualTo(2);
    }

    @Test
    void cropMustLeaveSomething() throws IOException {
        Path a = Cli.picture(folder.resolve("a.png"), 40, 30, 1);

        assertThat(Cli.run("metrics", "-a", a, "-b", a, "--crop", 12).err()).contains("want at least 11x11 pixels");
    }
}
