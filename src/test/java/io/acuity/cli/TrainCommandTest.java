package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs lie in {@code experiments} below the working directory, so each test takes a name of its own and removes it. */
final class TrainCommandTest {
    @TempDir
    Path folder = Path.of("");

    private final String name = "test-" + UUID.randomUUID();
    private final Path run = Path.of("experiments", name);

    private Path config() throws IOException {
        Path pictures = folder.resolve("pictures");
        for (int i = 0; i < 3; i++) {
            Cli.picture(pictures.resolve(i + ".png"), 64, 64, i);
        }
        String text = """
                name: %s
                scale: 2
                network_g:
                  num_feat: 8
                  num_block: 1
                datasets:
                  train:
                    dataroot_gt: %s
                    gt_size: 16
                    batch_size_per_gpu: 2
                train:
                  total_iter: 6
                logger:
                  print_freq: 2
                  save_checkpoint_freq: 3
                  plots: false
                """.formatted(name, pictures);
        return Files.writeString(folder.resolve("tiny.yml"), text);
    }

    @AfterEach
    void remove() throws IOException {
        if (Files.exists(run)) {
            try (Stream<Path> files = Files.walk(run)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Test
    void trainsAndTheModelUpscales() throws IOException {
        Cli trained = Cli.run("train", "-c", config());

        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(run.resolve("config.yml")).exists();
        assertThat(run.resolve("metrics.csv")).exists();
        Path picture = Cli.picture(folder.resolve("a.png"), 20, 20, 1);
        assertThat(Cli.run("upscale", "-n", run.resolve("model.safetensors"), "-i", picture)
                        .code())
                .isZero();
        assertThat(folder.resolve("a_x2.png")).exists();
    }

    @Test
    void anEarlierRunIsNotOverwrittenButResumed() throws IOException {
        Path config = config();
        Cli.run("train", "-c", config, "--set", "train.total_iter=3");

        Cli again = Cli.run("train", "-c", config);
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err()).contains("--resume").hasLineCount(1);

        assertThat(Cli.run("train", "-c", config, "--resume").code()).isZero();
    }

    /** Checkpoints are fp32 in both number modes. */
    @Test
    void aRunInBf16GoesOnInFp32() throws IOException {
        Path config = config();
        Cli half = Cli.run("train", "-c", config, "-g", "emu", "--precision", "bf16", "--set", "train.total_iter=3");
        assertThat(half.code()).as(half.err()).isZero();
        assertThat(run.resolve("config.yml")).content().contains("\nprecision: bf16\n");
        assertThat(Cli.run("model", "info", run.resolve("model.safetensors")).out())
                .contains("3 steps, seed 0, bf16");

        Cli whole = Cli.run("train", "-c", config, "-g", "cpu", "--resume");
        assertThat(whole.code()).as(whole.err()).isZero();
        assertThat(run.resolve("config.yml")).content().contains("\nprecision: fp32\n");
        assertThat(run.resolve("checkpoints/step_00000006")).isDirectory();
    }

    @Test
    void theCpuRefusesBf16() throws IOException {
        Cli refused = Cli.run("train", "-c", config(), "-g", "cpu", "--precision", "bf16");

        assertThat(refused.code()).isEqualTo(5);
        assertThat(refused.err())
                .contains("device cpu: want precision fp32, have bf16")
                .hasLineCount(1);
    }

    @Test
    void wrongConfigurationIsCodeTwo() throws IOException {
        assertThat(Cli.run("train", "-c", config(), "--set", "n_feat=x").code()).isEqualTo(2);
        assertThat(Cli.run("train", "-c", config(), "-g", "tpu").code()).isEqualTo(5);
        assertThat(Cli.run("train", "-c", config(), "--precision", "fp16").code())
                .isEqualTo(2);
        assertThat(Cli.run("train", "-c", Files.writeString(folder.resolve("bad.yml"), "name: ["))
                        .code())
                .isEqualTo(2);
        assertThat(Cli.run("train", "-c", folder.resolve("none.yml")).code()).isEqualTo(3);
    }

    @Test
    void folderWithoutPicturesIsCodeThree() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));

        Cli trained = Cli.run("train", "-c", config(), "--set", "datasets.train.dataroot_gt=" + empty);

        assertThat(trained.code()).isEqualTo(3);
        assertThat(trained.err()).contains("empty").hasLineCount(1);
    }
}
