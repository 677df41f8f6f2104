package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.weights.AtomicFile;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {
    @TempDir
    Path folder;

    final List<String> warnings = new ArrayList<>();

    @Test
    void givesBackWhatWasSaved() throws IOException {
        try (CheckpointStore store = open(3)) {
            assertThat(store.newest()).isEmpty();
            store.save(checkpoint(1200, 31.25));
            assertThat(store.newest()).contains(checkpoint(1200, 31.25));
            assertThat(store.path(1200)).isEqualTo(run().resolve("checkpoints/step_00001200"));
        }
        try (CheckpointStore store = open(3)) {
            assertThat(store.newest()).contains(checkpoint(1200, 31.25));
        }
        assertThat(names(run().resolve("checkpoints"))).containsExactly("best", "latest", "step_00001200");
        assertThat(names(run().resolve("checkpoints/step_00001200")))
                .containsExactly(
                        "SHA256SUMS", "ema.safetensors", "model.safetensors", "optimizer.safetensors", "state.json");
        assertThat(run().resolve("checkpoints/latest")).hasContent("step_00001200\n");
        assertThat(run().resolve("checkpoints/step_00001200/state.json"))
                .hasContent(
                        "{\"format\":1,\"step\":1200,\"psnr\":31.25,\"parts\":[\"ema\",\"model\",\"optimizer\"],\"state\":{\"seed\":7,\"loss\":0.1}}\n");
        assertThat(warnings).isEmpty();
    }

    /** The list of hashes is for the program sha256sum as well. */
    @Test
    void sha256sumAgrees() throws IOException, InterruptedException {
        try (CheckpointStore store = open(3)) {
            store.save(checkpoint(1, 30));
            Process sum = new ProcessBuilder("sha256sum", "--check", "--strict", "SHA256SUMS")
                    .directory(store.path(1).toFile())
                    .redirectErrorStream(true)
                    .start();
            assertThat(new String(sum.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(
                            "ema.safetensors: OK\nmodel.safetensors: OK\noptimizer.safetensors: OK\nstate.json: OK\n");
            assertThat(sum.waitFor()).isZero();
        }
    }

    @Test
    void keepsTheLastAndTheBest() {
        try (CheckpointStore store = open(2)) {
            double[] psnr = {30, 32, 31, Double.NaN, 31.5, 32};
            for (int i = 0; i < psnr.length; i++) {
                store.save(checkpoint(i + 1, psnr[i]));
            }
            assertThat(store.steps()).containsExactly(2L, 5L, 6L);
            assertThat(store.best()).contains(2L);
            assertThat(run().resolve("checkpoints/best")).hasContent("step_00000002\n");
        }
        try (CheckpointStore store = open(1)) {
            store.save(checkpoint(7, 32.5));
            assertThat(store.steps()).containsExactly(7L);
            assertThat(run().resolve("checkpoints/best")).hasContent("step_00000007\n");
        }
    }

    @Test
    void aCheckpointOfTheSameStepIsReplaced() {
        try (CheckpointStore store = open(2)) {
            store.save(checkpoint(5, 30));
            store.save(checkpoint(5, 31));
            assertThat(store.newest()).contains(checkpoint(5, 31));
            assertThat(store.best()).contains(5L);
        }
    }

    @Test
    void aDamagedOneIsReportedOnceAndTheNextOlderTaken() throws IOException {
        try (CheckpointStore store = open(3)) {
            store.save(checkpoint(1, 30));
            store.save(checkpoint(2, 40));
            flip(store.path(2).resolve("ema.safetensors"), 100, 0);
        }
        try (CheckpointStore store = open(3)) {
            assertThat(store.newest()).contains(checkpoint(1, 30));
            assertThat(store.best()).contains(1L);
            assertThat(store.newest()).contains(checkpoint(1, 30));
            Path file = run().resolve("checkpoints/step_00000002/ema.safetensors");
            assertThat(warnings)
                    .containsExactly("the checkpoint of step 2 is damaged and not used: " + file
                            + ": its SHA-256 is not the one in SHA256SUMS");
            store.save(checkpoint(2, 31));
            assertThat(store.newest()).contains(checkpoint(2, 31));
            assertThat(store.steps()).containsExactly(1L, 2L);
        }
    }

    @Test
    void damagedOnesDoNotCountAndAreRemovedInTime() throws IOException {
        try (CheckpointStore store = open(2)) {
            store.save(checkpoint(1, 30));
            store.save(checkpoint(2, 29));
            flip(store.path(2).resolve("model.safetensors"), 90, 3);
        }
        try (CheckpointStore store = open(2)) {
            store.save(checkpoint(3, 28));
            assertThat(store.steps()).containsExactly(1L, 3L);
            store.save(checkpoint(4, 31));
            assertThat(store.steps()).containsExactly(3L, 4L);
        }
    }

    @Test
    void noWholeCheckpointIsAnErrorAndNoFreshStart() throws IOException {
        try (CheckpointStore store = open(2)) {
            store.save(checkpoint(1, 30));
            Files.delete(store.path(1).resolve("SHA256SUMS"));
        }
        try (CheckpointStore store = open(2)) {
            assertThatThrownBy(store::newest)
                    .isInstanceOf(WeightsException.class)
                    .hasMessage(run().resolve("checkpoints") + ": want a whole checkpoint, have 1 damaged");
            assertThat(warnings).singleElement().asString().endsWith("step_00000001/SHA256SUMS: it is missing");
        }
    }

    @Test
    void everyFlippedBitAndEveryTruncationIsFound() throws IOException {
        try (CheckpointStore store = open(3)) {
            store.save(checkpoint(1, 30));
            store.save(checkpoint(2, 31));
            Random random = new Random(1);
            List<Path> files = list(store.path(2));
            for (int i = 0; i < 1000; i++) {
                Path file = files.get(i % files.size());
                byte[] good = Files.readAllBytes(file);
                if (i % 3 == 0) {
                    Files.write(file, Arrays.copyOf(good, random.nextInt(good.length)));
                } else {
                    flip(file, random.nextInt(good.length), random.nextInt(8));
                }
                assertThat(store.newest()).as("damage %d to %s", i, file).contains(checkpoint(1, 30));
                Files.write(file, good);
            }
            for (Path file : files) {
                byte[] good = Files.readAllBytes(file);
                Files.delete(file);
                assertThat(store.newest()).as("without %s", file).contains(checkpoint(1, 30));
                Files.write(file, good);
            }
            Path sums = store.path(2).resolve("SHA256SUMS");
            List<String> lines = Files.readAllLines(sums);
            for (int i = 0; i < lines.size(); i++) {
                List<String> fewer = new ArrayList<>(lines);
                fewer.remove(i);
                Files.write(sums, fewer);
                assertThat(store.newest()).contains(checkpoint(1, 30));
            }
            Files.write(sums, lines);
            assertThat(store.newest()).contains(checkpoint(2, 31));
        }
    }

    @Test
    void refusesAFolderOfAnotherStep() throws IOException {
        try (CheckpointStore store = open(3)) {
            store.save(checkpoint(1, 30));
            store.save(checkpoint(2, 31));
            Files.move(store.path(2), store.path(3));
            assertThat(store.newest()).contains(checkpoint(1, 30));
        }
    }

    @Test
    void sweepsWhatAnEarlierProcessLeft() throws IOException {
        Path checkpoints = Files.createDirectories(run().resolve("checkpoints"));
        Path stale = Files.createDirectory(AtomicFile.temporary(checkpoints));
        Files.writeString(stale.resolve("model.safetensors"), "half");
        Files.writeString(AtomicFile.temporary(run()), "half");
        Files.writeString(run().resolve("metrics.csv"), "step\n");
        try (CheckpointStore store = open(1)) {
            assertThat(store.steps()).isEmpty();
            assertThat(names(checkpoints)).isEmpty();
            assertThat(names(run())).containsExactly("checkpoints", "lock", "metrics.csv");
        }
    }

    @Test
    void refusesBadArguments() {
        assertThatThrownBy(() -> open(0)).hasMessage("checkpoints to keep: want 1 or more, have 0");
        assertThatThrownBy(() -> new Checkpoint(-1, OptionalDouble.empty(), Map.of(), Map.of()))
                .hasMessage("checkpoint step: want 0 or more, have -1");
        assertThatThrownBy(() -> new Checkpoint(
                        0, OptionalDouble.empty(), Map.of("../x", StateDict.of(new LinkedHashMap<>())), Map.of()))
                .hasMessage("checkpoint part: want a name as model or ema, have ../x");
        assertThatThrownBy(() -> checkpoint(1, 1).part("embedding"))
                .isInstanceOf(WeightsException.class)
                .hasMessage("checkpoint of step 1: want a part embedding, have [ema, model, optimizer]");
    }

    @Test
    void aStateWithoutAJsonFormLeavesNothingBehind() throws IOException {
        try (CheckpointStore store = open(2)) {
            Checkpoint bad =
                    new Checkpoint(1, OptionalDouble.empty(), checkpoint(1, 1).parts(), Map.of("loss", Double.NaN));
            assertThatThrownBy(() -> store.save(bad)).isInstanceOf(IllegalArgumentException.class);
            assertThat(names(run().resolve("checkpoints"))).isEmpty();
        }
    }

    /** What a run saves when it is stopped must not push out what it would go back to. */
    @Test
    void theLastRegularOnesAreKeptBesidesTheLast() {
        try (CheckpointStore store =
                CheckpointStore.open(run(), 2, checkpoint -> checkpoint.step() % 10 == 0, warnings::add)) {
            for (long step : new long[] {0, 10, 20, 30, 31, 32, 33}) {
                store.save(new Checkpoint(step, OptionalDouble.empty(), Map.of(), Map.of()));
            }
            assertThat(store.steps()).containsExactly(20L, 30L, 32L, 33L);
            assertThat(store.before(33).step()).isEqualTo(30);
            assertThat(store.before(29).step()).isEqualTo(20);
            assertThat(store.before(5).step()).as("the oldest there is").isEqualTo(20);
        }
    }

    private CheckpointStore open(int keepLast) {
        return CheckpointStore.open(run(), keepLast, _ -> true, warnings::add);
    }

    private Path run() {
        return folder.resolve("experiments/edsr");
    }

    /** A small checkpoint whose numbers depend on step and PSNR; NaN: not validated. */
    static Checkpoint checkpoint(long step, double psnr) {
        Map<String, StateDict> parts = new LinkedHashMap<>();
        for (String part : List.of("model", "ema", "optimizer")) {
            LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>();
            tensors.put("head.0.bias", TensorData.of(new float[] {step, (float) psnr, part.length()}, 3));
            tensors.put("head.0.weight", TensorData.of(new float[] {step, -step}, 2, 1));
            parts.put(part, StateDict.of(tensors));
        }
        LinkedHashMap<String, Object> state = new LinkedHashMap<>();
        state.put("seed", 7L);
        state.put("loss", 0.1);
        OptionalDouble measured = Double.isNaN(psnr) ? OptionalDouble.empty() : OptionalDouble.of(psnr);
        return new Checkpoint(step, measured, parts, state);
    }

    private static void flip(Path file, int at, int bit) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= (byte) (1 << bit);
        Files.write(file, bytes);
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.sorted().toList();
        }
    }

    private static List<String> names(Path folder) throws IOException {
        return list(folder).stream().map(path -> path.getFileName().toString()).toList();
    }
}
