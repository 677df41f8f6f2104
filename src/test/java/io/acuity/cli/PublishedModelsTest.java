package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.acuity.TestData;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code upscale -n} with other people's checkpoints as they are published, beside what their own code made. */
final class PublishedModelsTest {
    @TempDir
    Path folder = Path.of("");

    private Image upscaled(String model, Path picture, Object... more) {
        Path result = folder.resolve("out.png");
        Object[] words = {"upscale", "-n", TestData.of("weights/" + model), "-i", picture, "-o", result};
        Object[] all = new Object[words.length + more.length];
        System.arraycopy(words, 0, all, 0, words.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        Cli run = Cli.run(all);
        assertThat(run.code()).as(run.err()).isZero();
        return ImageFile.read(result);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bird", "butterfly"})
    void imdnGivesWhatPyTorchMakesOfIt(String name) {
        Image want = ImageFile.read(TestData.of("weights/sr/imdn_baseline_" + name + "_x4.png"));
        Image have = upscaled("imdn_baseline.pth", TestData.of("eval/Set5/LR_bicubic/X4/" + name + "x4.png"));
        assertThat(have.width()).isEqualTo(want.width());
        assertThat(have.height()).isEqualTo(want.height());
        for (int i = 0; i < want.bytes().length; i++) {
            assertThat(have.bytes()[i] & 255).as("sample %d", i).isCloseTo(want.bytes()[i] & 255, within(1));
        }
    }

    /**
     * The luma that its authors' protocol gives was made of a small picture that was never rounded to 8 bits, so here it is near and
     * not the same.
     */
    @ParameterizedTest
    @CsvSource({"butterfly, 2", "butterfly, 3", "butterfly, 4", "bird, 2"})
    void vdsrGivesNearlyWhatPyTorchMakesOfUnroundedLuma(String name, int scale) {
        Image want = ImageFile.read(TestData.of("weights/sr/vdsr_" + name + "_x" + scale + "_Y.png"));
        Path lr = TestData.of("eval/Set5/LR_bicubic/X" + scale + "/" + name + "x" + scale + ".png");
        Image have = upscaled("vdsr.pth", lr, "-s", scale);
        assertThat(have.width()).isEqualTo(want.width());
        assertThat(have.height()).isEqualTo(want.height());
        double squares = 0;
        int near = 0;
        for (int i = 0; i < want.bytes().length; i++) {
            int x = i % want.width();
            int y = i / want.width();
            double luma = 16
                    + (65.481 * have.sample(x, y, 0) + 128.553 * have.sample(x, y, 1) + 24.966 * have.sample(x, y, 2))
                            / 255;
            squares += Math.pow(luma - want.sample(x, y, 0), 2);
            near += Math.abs(Math.round(luma) - want.sample(x, y, 0)) <= 1 ? 1 : 0;
        }
        assertThat((double) near / want.bytes().length)
                .as("share of samples within one level")
                .isGreaterThan(0.97);
        assertThat(10 * Math.log10(255.0 * 255.0 * want.bytes().length / squares))
                .as("PSNR of the two lumas")
                .isGreaterThan(50);
    }

    /** A network that sees a neighbourhood only: the same file whatever the tile, and nothing is said of tiles. */
    @Test
    void imdnIsTheSameInTiles() {
        Path lr = TestData.of("eval/Set5/LR_bicubic/X4/butterflyx4.png");
        byte[] whole = upscaled("imdn_baseline.pth", lr).bytes();
        assertThat(upscaled("imdn_baseline.pth", lr, "-t", 32).bytes()).isEqualTo(whole);
        assertThat(upscaled("imdn_baseline.pth", lr, "-t", 24, "--approximate-tiles")
                        .bytes())
                .isEqualTo(whole);
    }
}
