package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training as a process of its own: how it ends, and what it leaves. */
@Tag("slow")
final class TrainProcessTest {
    @TempDir
    Path folder = Path.of("");

    private House house = new House(folder);

    @BeforeEach
    void build() throws IOException {
        house = House.build(folder);
        Cli.picture(folder.resolve("pictures/a.png"), 64, 64, 1);
    }

    private String config(String name, long steps, long saveEvery) throws IOException {
        return Files.writeString(folder.resolve(name + ".yml"), """
                name: %s
                scale: 2
                network_g: {num_feat: 8, num_block: 1}
                datasets: {train: {dataroot_gt: pictures, gt_size: 16, batch_size_per_gpu: 1}}
                train: {total_iter: %d}
                logger: {print_freq: 1, save_checkpoint_freq: %d, plots: false}
                """.formatted(name, steps, saveEvery))
                .toString();
    }

    @Test
    void aSignalSavesACheckpoint() throws IOException, InterruptedException {
        Process process = house.start("train", "-c", config("endless", 100_000_000, 100_000_000));
        Path metrics = folder.resolve("experiments/endless/metrics.csv");
        for (int i = 0; i < 600 && !(Files.exists(metrics) && Files.size(metrics) > 200); i++) {
            Thread.sleep(50);
        }

        process.destroy();

        House.Ended run = house.ended(process);
        assertThat(run.code()).as(run.err()).isEqualTo(143);
        assertThat(run.err()).contains("--resume goes on from there");
        assertThat(files(folder.resolve("experiments/endless/checkpoints"))).isNotEmpty();
    }

    @Test
    void divergenceIsCodeSevenInOneSentenceAndTheCheckpointsStay() throws IOException, InterruptedException {
        String config = config("wild", 12, 12);
        assertThat(house.ended(house.start("train", "-c", config)).code()).isZero();
        Path checkpoints = folder.resolve("experiments/wild/checkpoints");
        Map<String, String> before = files(checkpoints);

        // a step of 1 in each weight spoils any network; twice in a row and after going back once, the run ends
        String wild = Files.writeString(
                        folder.resolve("wilder.yml"),
                        Files.readString(Path.of(config))
                                .replace("train: {total_iter: 12}", """
                        train:
                          total_iter: 1000
                          optim_g: {lr: 1}
                          guard: {spike_factor: 2, patience: 2, rollbacks: 1}""")
                                .replace("checkpoint_freq: 12", "checkpoint_freq: 1000"))
                .toString();
        House.Ended run = house.ended(house.start("train", "-c", wild, "--resume"));

        assertThat(run.code()).as(run.err()).isEqualTo(7);
        List<String> said =
                run.err().lines().filter(line -> line.startsWith("acuity: ")).toList();
        assertThat(said).as(run.err()).hasSize(1);
        assertThat(said.getFirst()).contains("training diverged").contains("loss");
        assertThat(run.err()).doesNotContain("Exception").doesNotContain("\tat ");
        assertThat(before).isNotEmpty();
        assertThat(files(checkpoints)).isEqualTo(before);
        assertThat(house.ended(house.start("train", "-c", config, "--resume", "--set", "train.total_iter=14"))
                        .code())
                .isZero();
    }

    @Test
    void aPoisonedModelIsCodeSevenAndNothingTrainedIsSaved() throws IOException, InterruptedException {
        Path model = TinyModel.write(folder.resolve("model.safetensors"), 2);
        StateDict whole = Safetensors.read(model);
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>(whole.tensors());
        tensors.put("tail.1.bias", TensorData.of(new float[] {0, Float.NaN, 0}, 3));
        Path poisoned = folder.resolve("poisoned.safetensors");
        Safetensors.write(poisoned, StateDict.of(tensors).withMetadata(whole.metadata()));

        House.Ended run = house.ended(
                house.start("train", "-c", config("poisoned", 5, 1), "--set", "path.pretrain_network_g=" + poisoned));

        assertThat(run.code()).as(run.err()).isEqualTo(7);
        // what it started with may be there, nothing that was trained
        assertThat(files(folder.resolve("experiments/poisoned")).keySet())
                .noneMatch(file -> file.endsWith(".safetensors") && !file.startsWith("checkpoints/step_00000000/"));
    }

    private static Map<String, String> files(Path folder) throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.put(folder.relativize(file).toString(), HexFormat.of().formatHex(Files.readAllBytes(file)));
            }
        }
        return all;
    }
}
