package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.data.ImageFile;
import io.acuity.model.OverflowingNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The number mode from the command line to the result. */
final class PrecisionOptionTest {
    @TempDir
    Path folder = Path.of("");

    @Test
    void tilesInBf16AreThoseOfTheWholePicture() throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 2);
        Path picture = folder.resolve("small.png");
        Cli.picture(picture, 75, 20, 3);
        byte[] plain = upscaled(model, picture, "plain.png", "fp32", 0);
        byte[] half = upscaled(model, picture, "half.png", "bf16", 0);

        assertThat(half).as("pictures in both number modes").isNotEqualTo(plain);
        assertThat(upscaled(model, picture, "tiles.png", "bf16", 24)).isEqualTo(half);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bf16", "fp32"})
    void tilesThatBf16CannotDoAreToldOf(String precision) throws IOException {
        Path model = TinyModel.writeOverflowing(folder.resolve("overflowing.safetensors"));
        Path dark = folder.resolve("dark.png");
        ImageFile.write(OverflowingNetwork.dark(12, 8), dark);
        Path white = folder.resolve("white.png");
        ImageFile.write(OverflowingNetwork.white(12, 8, 5, 2), white);
        for (Path picture : new Path[] {dark, white}) {
            Path to = folder.resolve("large.png");
            Cli run = Cli.run(
                    "upscale", "-i", picture, "-o", to, "-n", model, "-g", "emu", "--precision", precision, "-x");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(run.err())
                    .isEqualTo("acuity: " + to + ": 24x16\n"
                            + (precision.equals("bf16") && picture.equals(white)
                                    ? "acuity: 8 tiles were computed again in fp32, since bf16 gave numbers that are not finite\n"
                                    : ""));
        }
    }

    private byte[] upscaled(Path model, Path picture, String name, String precision, int tile) throws IOException {
        Path to = folder.resolve(name);
        Cli run = Cli.run(
                "upscale",
                "-i",
                picture,
                "-o",
                to,
                "-n",
                model,
                "-g",
                "emu",
                "--precision",
                precision,
                "-t",
                tile,
                "-v");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("; " + precision + ")");
        return Files.readAllBytes(to);
    }

    @ParameterizedTest
    @ValueSource(strings = {"upscale -i small.png -o large.png", "evaluate --data set", "bench upscale", "serve"})
    void theCpuRefusesBf16(String verb) throws IOException {
        Cli.picture(folder.resolve("small.png"), 8, 8, 1);
        Cli.picture(folder.resolve("set/HR/one.png"), 48, 40, 1);
        Cli.run("degrade", "-i", folder.resolve("set/HR"), "-o", folder.resolve("set/LR_bicubic/X4"), "-s", 4);
        Object[] words = (verb + " -g cpu --precision bf16")
                .replace("small.png", folder.resolve("small.png").toString())
                .replace("--data set", "--data " + folder.resolve("set"))
                .split(" ");

        Cli run = Cli.run(words);

        assertThat(run.code()).as(run.err()).isEqualTo(5);
        assertThat(run.err())
                .contains("device cpu: want precision fp32, have bf16")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"upscale -i small.png -o large.png", "serve --port 0"})
    void aNetworkWithoutTheFormsIsRefused(String verb) throws IOException {
        Path model = TinyModel.writeWithLayerAttention(folder.resolve("attention.safetensors"), 2);
        Cli.picture(folder.resolve("small.png"), 8, 8, 1);
        Object[] words = (verb + " -g emu --precision bf16 -n " + model)
                .replace("small.png", folder.resolve("small.png").toString())
                .replace("large.png", folder.resolve("large.png").toString())
                .split(" ");

        Cli run = Cli.run(words);

        assertThat(run.code()).as(run.err()).isEqualTo(5);
        assertThat(run.err())
                .contains("has no form for bf16; want precision fp32")
                .hasLineCount(1);
        assertThat(folder.resolve("large.png")).doesNotExist();
    }
}
