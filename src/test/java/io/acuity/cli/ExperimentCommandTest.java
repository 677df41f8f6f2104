package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;
import static org.assertj.core.data.Offset.offset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs lie in {@code experiments} below the working directory, so each test takes a name of its own and removes it. */
final class ExperimentCommandTest {
    @TempDir
    Path folder = Path.of("");

    private final String name = "test-" + UUID.randomUUID();
    private final Path run = Path.of("experiments", name);

    private Path config() throws IOException {
        Path pictures = folder.resolve("pictures");
        Path set = folder.resolve("Tiny");
        for (int i = 0; i < 3; i++) {
            Cli.picture(pictures.resolve(i + ".png"), 64, 64, i);
            Cli.picture(set.resolve("HR").resolve(i + ".png"), 32, 32, 7 + i);
            Cli.picture(set.resolve("LR_bicubic").resolve("X2").resolve(i + "x2.png"), 16, 16, 7 + i);
        }
        String text = """
                name: %s
                scale: 2
                device: cpu
                network_g: {num_feat: 8, num_block: 1}
                datasets:
                  train:
                    dataroot_gt: %s
                    gt_size: 16
                    batch_size_per_gpu: 2
                train:
                  total_iter: 3
                  optim_g: {lr: 5e-3}
                  ema_decay: 0
                  contrastive_opt: {num_feat_d: 1, num_positive: 1, num_negative: 1, layers: [0]}
                logger: {plots: false, use_tb_logger: false}
                experiment:
                  arms: [l1, pcl loss_weight=0.1, haar-l1]
                  seeds: [1, 2]
                  sets: %s
                  resamples: 200
                """.formatted(name, pictures, set);
        return Files.writeString(folder.resolve("gain.yml"), text);
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

    private static double number(Map<String, Object> line, String key) {
        return (Double) Objects.requireNonNull(line.get(key), key);
    }

    @Test
    void trainsEachArmOnceAndComparesThem() throws IOException {
        Path config = config();
        Cli first = Cli.run("experiment", "pcl-gain", "-c", config, "--json");
        assertThat(first.code()).as(first.err()).isZero();
        List<Map<String, Object>> lines = first.objects();
        assertThat(lines).extracting(line -> line.get("arm")).containsExactly("l1", "pcl loss_weight=0.1", "haar-l1");
        assertThat(lines)
                .allSatisfy(line -> assertThat(line)
                        .containsEntry("set", "Tiny")
                        .containsEntry("images", 3L)
                        .containsEntry("seeds", 2L));
        double base = number(lines.getFirst(), "psnr_y");
        assertThat(lines.getFirst()).doesNotContainKey("gain_psnr");
        for (Map<String, Object> line : lines.subList(1, 3)) {
            double gain = number(line, "gain_psnr");
            assertThat(gain).isCloseTo(number(line, "psnr_y") - base, offset(1e-9));
            assertThat(line.get("gain_psnr_interval"))
                    .asInstanceOf(LIST)
                    .hasSize(2)
                    .satisfies(interval ->
                            assertThat(gain).isBetween((Double) interval.getFirst(), (Double) interval.getLast()));
        }
        assertThat(run.resolve("gains.csv")).content().hasLineCount(4);

        // again: nothing is trained or measured anew
        Path model = run.resolve("pcl-loss-weight-0.1-seed-2/model.safetensors");
        FileTime old = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
        Files.setLastModifiedTime(model, old);
        Cli again = Cli.run("experiment", "pcl-gain", "-c", config, "--json");
        assertThat(again.out()).isEqualTo(first.out());
        assertThat(Files.getLastModifiedTime(model)).isEqualTo(old);
        assertThat(again.err()).doesNotContain("run ").doesNotContain("measuring");

        Cli other = Cli.run("experiment", "pcl-gain", "-c", config, "--set", "train.total_iter=4");
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("holds a run of another configuration");
    }

    @Test
    void wrongExperimentsAreKnownBeforeAnythingIsTrained() throws IOException {
        Path config = config();
        assertThat(Cli.run("experiment", "gain", "-c", config).code()).isEqualTo(2);
        Cli arm = Cli.run("experiment", "pcl-gain", "-c", config, "--set", "experiment.arms=[l1, pcl layers=9]");
        assertThat(arm.code()).isEqualTo(2);
        assertThat(arm.err())
                .contains("train.contrastive_opt.layers: want a list, each a whole number from 0 to 7, have 9");
        Cli key = Cli.run("experiment", "pcl-gain", "-c", config, "--set", "experiment.arms=[l1, pcl alpa=1]");
        assertThat(key.err()).contains("train.contrastive_opt.alpa is not a key");
        Cli set = Cli.run("experiment", "pcl-gain", "-c", config, "--set", "experiment.sets=" + folder.resolve("none"));
        assertThat(set.code()).isEqualTo(3);
        assertThat(run).doesNotExist();
    }
}
