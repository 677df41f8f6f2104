package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.acuity.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EvaluateCommandTest {
    @TempDir
    Path folder = Path.of("");

    private Path set(String name, int scale) throws IOException {
        Path set = folder.resolve(name);
        Cli.picture(set.resolve("HR/one.png"), 48, 40, 1);
        Cli.picture(set.resolve("HR/two.png"), 45, 50, 2);
        Path lr = set.resolve("LR_bicubic/X" + scale);
        Cli.run("degrade", "-i", set.resolve("HR"), "-o", lr, "-s", scale);
        return set;
    }

    /** Figures of the papers for bicubic on Set5 at 4: 28.42 and 0.8104. */
    @ParameterizedTest
    @CsvSource({"2, 33.66, 0.9299", "3, 30.39, 0.8682", "4, 28.42, 0.8104"})
    void bicubicOnSet5AsInPapers(int scale, double psnr, double ssim) {
        Path set5 = TestData.of("eval/Set5");

        Cli run = Cli.run("evaluate", "-n", "bicubic", "--data", set5, "-s", scale, "--protocol", "paper", "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.number("psnr_y")).isCloseTo(psnr, offset(0.006));
        assertThat(run.number("ssim_y")).isCloseTo(ssim, offset(0.00006));
    }

    /** VDSR's published figures, by its published weights, through every part of this program but the training. */
    @ParameterizedTest
    @CsvSource({"2, 37.65", "3, 33.77", "4, 31.45"})
    void vdsrOnSet5AsPublished(int scale, double psnr) {
        Path set5 = TestData.of("eval/Set5");
        Path model = TestData.of("weights/vdsr.pth");

        Cli run = Cli.run("evaluate", "-n", model, "--data", set5, "-s", scale, "--protocol", "vdsr", "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.number("psnr_y")).isCloseTo(psnr, offset(0.01));
        assertThat(run.objects().getFirst()).containsEntry("protocol", "vdsr");
    }

    /** What PyTorch gives with the same file and pictures. */
    @Test
    void imdnOnSet5AsInPyTorch() {
        Path set5 = TestData.of("eval/Set5");
        Path model = TestData.of("weights/imdn_baseline.pth");

        Cli run = Cli.run("evaluate", "-n", model, "--data", set5, "-s", 4, "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.number("psnr_y")).isCloseTo(32.2503, offset(0.002));
        assertThat(run.number("ssim_y")).isCloseTo(0.8959, offset(0.0002));
    }

    @Test
    void protocolOfLumaWantsANetworkOfLuma() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 2);

        Cli run = Cli.run("evaluate", "-n", model, "--data", set("A", 2), "-s", 2, "--protocol", "vdsr");

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--protocol vdsr: want a network that works on luma, without -x, have edsr");
    }

    @Test
    void oneObjectForEachSetWithTheAgreedKeys() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 4);

        Cli run = Cli.run("evaluate", "-n", model, "--data", set("A", 4) + "," + set("B", 4), "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.objects()).hasSize(2);
        assertThat(run.objects().getFirst().keySet())
                .containsExactly("set", "scale", "images", "psnr_y", "ssim_y", "psnr_rgb", "protocol");
        assertThat(run.objects().getLast())
                .containsEntry("set", "B")
                .containsEntry("images", 2L)
                .containsEntry("scale", 4L)
                .containsEntry("protocol", "rcan");
    }

    @Test
    void tableNamesModelDeviceAndProtocol() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 2);

        Cli run = Cli.run("evaluate", "-n", model, "--data", set("A", 2), "-s", 2, "-v");

        assertThat(run.out()).contains("tiny.safetensors on cpu", "scale 2", "protocol rcan", "A/one", "A/two");
        assertThat(run.out().lines()).hasSize(5);
        assertThat(run.err()).contains("Y = 16");
    }

    @Test
    void modelOfAnotherScaleIsWrongUsage() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 2);

        Cli run = Cli.run("evaluate", "-n", model, "--data", set("A", 4));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("want 2, which the model").hasLineCount(1);
    }

    @Test
    void setWithoutPartnersIsCodeThree() throws IOException {
        Path set = set("A", 4);
        Files.delete(set.resolve("LR_bicubic/X4/twox4.png"));

        Cli run = Cli.run("evaluate", "-n", "bicubic", "--data", set);

        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("twox4.png").hasLineCount(1);
        assertThat(Cli.run("evaluate", "-n", "bicubic", "--data", folder.resolve("none"))
                        .code())
                .isEqualTo(3);
    }

    @Test
    void bicubicHasNoUseForANetworksFlags() throws IOException {
        assertThat(Cli.run("evaluate", "-n", "bicubic", "--data", set("A", 4), "-x")
                        .code())
                .isEqualTo(2);
    }
}
