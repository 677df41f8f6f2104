package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.TestData;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the shipped network loses in bf16: docs/measuring.md has the figures of whole sets. */
final class PrecisionQualityTest {
    private static final int SCALE = 4;

    /** LR pixels, since the emulator computes every kernel thread by thread. */
    private static final int SIDE = 24;

    /** dB of PSNR on luma. */
    private static final double LOSS = 0.02;

    @TempDir
    Path folder = Path.of("");

    /** Of the pictures of Set5, bird loses most in bf16. */
    @Test
    void bf16LosesNextToNothing() throws IOException {
        cut("bird", 24, 8);
        double plain = psnr("-g", "cpu");
        double half = psnr("-g", "emu", "--precision", "bf16");
        assertThat(plain).as("of a picture, not of noise").isBetween(20.0, 45.0);
        assertThat(half).as("dB in bf16, %s in fp32", plain).isNotEqualTo(plain).isCloseTo(plain, within(LOSS));
    }

    private void cut(String name, int x, int y) throws IOException {
        Path hr = Files.createDirectories(folder.resolve("cut/HR"));
        Path lr = Files.createDirectories(folder.resolve("cut/LR_bicubic/X4"));
        Image large = ImageFile.read(TestData.of("eval/Set5/HR/" + name + ".png"));
        Image small = ImageFile.read(TestData.of("eval/Set5/LR_bicubic/X4/" + name + "x4.png"));
        ImageFile.write(large.crop(x * SCALE, y * SCALE, SIDE * SCALE, SIDE * SCALE), hr.resolve(name + ".png"));
        ImageFile.write(small.crop(x, y, SIDE, SIDE), lr.resolve(name + "x4.png"));
    }

    private double psnr(String... device) {
        Object[] words = new Object[device.length + 4];
        words[0] = "evaluate";
        words[1] = "--data";
        words[2] = folder.resolve("cut");
        words[3] = "--json";
        System.arraycopy(device, 0, words, 4, device.length);
        Cli run = Cli.run(words);
        assertThat(run.code()).as(run.err()).isZero();
        Map<String, Object> set = run.objects().getLast();
        assertThat(set).containsEntry("set", "cut");
        return run.number("psnr_y");
    }
}
