package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks with attention in the loop: they learn, on pixels alone and with contrast, and go on from a stop as if there was none. */
class ZooTrainTest extends TrainsOnPictures {
    private static final int STEPS = 24;

    private TrainConfig config(String type, String preset) {
        List<String> sizes = new ArrayList<>(List.of("network_g.type=" + type));
        sizes.addAll(
                type.equals("nlsn")
                        ? List.of("n_hashes=2", "chunk_size=16")
                        : List.of("network_g.num_group=2", "network_g.squeeze_factor=4"));
        sizes.addAll(List.of(
                "train.contrastive_opt.preset=" + preset,
                "train.total_iter=" + STEPS,
                "train.ema_decay=0.9",
                "logger.print_freq=4"));
        return Pictures.config(pictures, sizes.toArray(String[]::new)).config();
    }

    @ParameterizedTest
    @CsvSource({"rcan, l1", "rcan, pcl", "han, l1", "han, pcl", "nlsn, l1", "nlsn, pcl"})
    void learnsAndGoesOnFromAStopWithTheSameBits(String type, String preset) throws Exception {
        TrainConfig config = config(type, preset);
        Path whole = folder.resolve("whole");
        assertThat(Pictures.train(config, whole, false, false)).isTrue();
        List<Metrics.Row> rows = Metrics.read(whole.resolve("metrics.csv"));
        assertThat(pixels(rows.getLast())).as("loss on pixels").isLessThan(0.7 * pixels(rows.getFirst()));

        Path pieces = folder.resolve("pieces");
        for (int stop = 0; stop < 3; stop++) {
            assertThat(Pictures.train(config, pieces, true, true))
                    .as("ended at stop %d", stop)
                    .isFalse();
        }
        assertThat(Pictures.train(config, pieces, true, false)).isTrue();
        for (String file : List.of("model.safetensors", "metrics.csv")) {
            assertThat(pieces.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
        }
        assertThat(Files.exists(whole.resolve("checkpoints/step_000000" + STEPS + "/embedding.safetensors")))
                .isEqualTo(preset.equals("pcl"));
    }

    private static double pixels(Metrics.Row row) {
        return row.more("l1").isPresent()
                ? row.more("l1").getAsDouble()
                : row.loss().orElseThrow();
    }

    /** HAN's gammas start at 0, where attention does nothing: training must move them. */
    @Test
    void hanLearnsToAttend() throws Exception {
        Path run = folder.resolve("run");
        Pictures.train(config("han", "l1"), run, false, false);
        StateDict state = Safetensors.read(run.resolve("model.safetensors"));
        for (String gamma : List.of("la.gamma", "csa.gamma")) {
            assertThat(state.tensor(gamma).floats()[0]).as(gamma).isNotZero();
        }
    }

    @Test
    void sizesOfAttentionComeFromTheConfiguration() throws Exception {
        Path run = folder.resolve("run");
        TrainConfig config = Pictures.config(
                        pictures, "network_g.type=nlsn", "n_hashes=3", "chunk_size=32", "train.total_iter=1")
                .config();
        Pictures.train(config, run, false, false);
        assertThat(Safetensors.read(run.resolve("model.safetensors")).metadata())
                .hasEntrySatisfying(
                        "acuity.arch_args",
                        sizes -> assertThat(sizes).contains("\"hashes\":3").contains("\"chunk\":32"));
    }

    @ParameterizedTest
    @CsvSource({"edsr, n_hashes=2, hashes", "rcan, chunk_size=16, chunk"})
    void onlyHashingNetworksHash(String type, String setting, String name) {
        TrainConfig config =
                Pictures.config(pictures, "network_g.type=" + type, setting).config();
        assertThatThrownBy(() -> Pictures.train(config, folder.resolve("run"), false, false))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("network_g: " + type + " has no hyper-parameter " + name);
    }
}
