package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.acuity.device.Device;
import io.acuity.device.DisturbedDevice;
import io.acuity.weights.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on batches that are spoilt: the patches of chosen steps hold a number that is none, or is huge. */
class GuardedTrainTest extends TrainsOnPictures {
    /** A step cuts two batches of patches, LR first. */
    private static Device spoilt(Set<Long> steps, float value, long from) {
        return new DisturbedDevice(
                Device.open("cpu"),
                "patch_crop_forward",
                2,
                launch -> launch % 2 == 0 && steps.contains(from + launch / 2) ? Float.floatToRawIntBits(value) : 0);
    }

    private List<Metrics.Row> rows(String name, TrainConfig config, Device device) throws Exception {
        Path run = folder.resolve(name);
        try (Train train = Train.open(config, run, false, device)) {
            train.run();
        }
        return Metrics.read(run.resolve("metrics.csv"));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, 1e30f})
    void aSpoiltBatchIsSkippedAndDoesNoHarm(float value) throws Exception {
        for (String preset : List.of("l1", "pcl")) {
            TrainConfig config = Pictures.config(
                            pictures,
                            "train.contrastive_opt.preset=" + preset,
                            "train.total_iter=40",
                            "logger.print_freq=10")
                    .config();
            List<Metrics.Row> clean = rows("clean" + preset, config, Device.open("cpu"));
            List<Metrics.Row> rows = rows(preset, config, spoilt(Set.of(0L, 7L, 8L, 30L), value, 0));
            assertThat(rows)
                    .extracting(row -> row.more("skipped").orElseThrow())
                    .containsExactly(3.0, 3.0, 3.0, 4.0);
            assertThat(rows.getLast().loss().orElseThrow())
                    .isCloseTo(clean.getLast().loss().orElseThrow(), withinPercentage(10));
        }
    }

    @Test
    void manyInARowBringBackEarlierWeightsAndHalfTheRate() throws Exception {
        TrainConfig config = Pictures.config(
                        pictures,
                        "train.total_iter=20",
                        "train.scheduler.type=constant",
                        "train.guard.patience=3",
                        "logger.save_checkpoint_freq=4",
                        "logger.print_freq=1",
                        "logger.keep_last=9")
                .config();
        rows("run", config, spoilt(Set.of(13L, 14L, 15L), Float.NaN, 0));
        List<Metrics.Row> rows = Metrics.read(folder.resolve("run").resolve("metrics.csv"));
        assertThat(rows.get(15).rate()).hasValue(5e-4);
        assertThat(rows.get(14).rate()).hasValue(1e-3);
        assertThat(rows.getLast().more("skipped")).hasValue(3);
        // step 16 is saved right after going back: its weights are those of step 8, the last before 13 - 3
        Path checkpoints = folder.resolve("run").resolve("checkpoints");
        assertThat(weight(checkpoints, 16)).isEqualTo(weight(checkpoints, 8)).isNotEqualTo(weight(checkpoints, 12));
        assertThat(weight(checkpoints, 20)).isNotEqualTo(weight(checkpoints, 8));
    }

    private static float[] weight(Path checkpoints, int step) {
        return Safetensors.read(checkpoints.resolve("step_%08d/model.safetensors".formatted(step)))
                .tensor("head.0.weight")
                .floats();
    }

    @Test
    void aRunThatCannotBeRescuedEnds() {
        TrainConfig config = Pictures.config(pictures, "train.total_iter=40", "train.guard.patience=2")
                .config();
        Set<Long> all = Set.copyOf(LongStream.range(5, 40).boxed().toList());
        assertThatThrownBy(() -> rows("run", config, spoilt(all, Float.NaN, 0)))
                .isInstanceOf(DivergedException.class)
                .hasMessage(
                        "training diverged: the loss on pixels is NaN at step 9, 2 steps in a row went wrong, and going"
                                + " back 1 time did not help");
    }

    /** Skips and going back come out the same, wherever the run is stopped and resumed. */
    @Test
    void stoppingChangesNothing() throws Exception {
        Set<Long> bad = Set.of(3L, 7L, 8L, 9L, 12L);
        TrainConfig config = Pictures.config(
                        pictures,
                        "train.contrastive_opt.preset=pcl",
                        "train.total_iter=14",
                        "train.guard.patience=3",
                        "logger.save_checkpoint_freq=2",
                        "logger.keep_last=2")
                .config();
        rows("whole", config, spoilt(bad, Float.NaN, 0));
        Path pieces = folder.resolve("pieces");
        for (long step = 0; step < 14; step++) {
            try (Train train = Train.open(config, pieces, true, spoilt(bad, Float.NaN, step))) {
                train.stop();
                train.run();
            }
        }
        Pictures.train(config, pieces, true, false);
        assertThat(pieces.resolve("model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("whole").resolve("model.safetensors"));
        assertThat(Files.readString(pieces.resolve("metrics.csv")))
                .isEqualTo(Files.readString(folder.resolve("whole").resolve("metrics.csv")));
    }
}
