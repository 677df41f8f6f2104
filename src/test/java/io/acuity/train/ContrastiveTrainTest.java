package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.weights.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training with what there is beside pixels. */
class ContrastiveTrainTest extends TrainsOnPictures {
    private static final int STEPS = 6;

    private TrainConfig config(String preset, String... more) {
        List<String> all = new ArrayList<>(List.of("train.contrastive_opt.preset=" + preset));
        all.addAll(List.of(more));
        return Pictures.config(pictures, all.toArray(String[]::new)).config();
    }

    private String model(String name, TrainConfig config) throws Exception {
        Path run = folder.resolve(name);
        assertThat(Pictures.train(config, run, false, false)).isTrue();
        return weights(run);
    }

    /** Without the notes, which name the preset. */
    private static String weights(Path run) throws Exception {
        Path plain = run.resolve("plain.safetensors");
        Safetensors.write(
                plain, Safetensors.read(run.resolve("model.safetensors")).withMetadata(Map.of()));
        return Arrays.toString(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(plain)));
    }

    private List<Metrics.Row> rows(String name) throws Exception {
        return Metrics.read(folder.resolve(name).resolve("metrics.csv"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pcl", "pcl-released", "haar-l1"})
    void aRunStoppedAfterEveryStepGivesTheSameBits(String preset) throws Exception {
        TrainConfig config = config(preset, "train.contrastive_opt.shuffled_negatives=1");
        String whole = model("whole", config);
        Path pieces = folder.resolve("pieces");
        for (int stops = 0; stops < STEPS; stops++) {
            Pictures.train(config, pieces, true, true);
        }
        Pictures.train(config, pieces, true, false);
        assertThat(weights(pieces)).isEqualTo(whole);
        assertThat(Files.readString(pieces.resolve("metrics.csv")))
                .isEqualTo(Files.readString(folder.resolve("whole").resolve("metrics.csv")));
        for (String part : List.of("embedding", "embedding_optimizer")) {
            String file = "checkpoints/step_00000006/" + part + ".safetensors";
            assertThat(Files.exists(pieces.resolve(file))).isEqualTo(!preset.equals("haar-l1"));
            if (!preset.equals("haar-l1")) {
                assertThat(pieces.resolve(file))
                        .hasSameBinaryContentAs(folder.resolve("whole").resolve(file));
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameBitsOnOneThreadAndOnTwo() throws Exception {
        assertThat(model("two", config("pcl", "threads=2"))).isEqualTo(model("one", config("pcl", "threads=1")));
        assertThat(model("other", config("pcl", "seed=9"))).isNotEqualTo(weights(folder.resolve("one")));
    }

    /** What the published code fails: there the contrastive loss is only looked at. */
    @Test
    void theContrastiveLossMovesTheNetworkUnlessItsGradientIsSwitchedOff() throws Exception {
        String pixels = model("l1", config("l1"));
        assertThat(model("released", config("pcl-released", "train.contrastive_opt.gradient=false")))
                .isEqualTo(pixels);
        assertThat(model("pcl", config("pcl"))).isNotEqualTo(pixels);
        assertThat(model("weightless", config("pcl", "train.contrastive_opt.loss_weight=0")))
                .isEqualTo(pixels);
        assertThat(model("haar", config("haar-l1"))).isNotEqualTo(pixels);
    }

    @Test
    void eachTermIsLogged() throws Exception {
        model("pcl", config("pcl"));
        assertThat(Files.readAllLines(folder.resolve("pcl").resolve("metrics.csv"))
                        .getFirst())
                .isEqualTo("step,loss,learning_rate,psnr,l1,l_cl,l_cld,pos_sim,neg_sim,grad_ratio,skipped");
        assertThat(rows("pcl")).hasSize(STEPS / 2).allSatisfy(row -> {
            double l1 = row.more("l1").orElseThrow();
            double contrast = row.more("l_cl").orElseThrow();
            assertThat(row.loss().orElseThrow()).isBetween(l1 + 0.0199 * contrast, l1 + 0.0201 * contrast);
            // two positives, two negatives at temperature 1: between log(1 + 2 e^-2) and log(1 + 2 e^2)
            assertThat(contrast).isBetween(0.2393, 2.7586);
            assertThat(row.more("pos_sim").orElseThrow()).isBetween(-1.0, 1.0);
            assertThat(row.more("neg_sim").orElseThrow()).isBetween(-1.0, 1.0);
            assertThat(row.more("l_cld").orElseThrow()).isPositive();
            assertThat(row.more("grad_ratio").orElseThrow()).isPositive();
            assertThat(row.more("skipped")).hasValue(0);
        });
        model("haar", config("haar-l1"));
        assertThat(Files.readAllLines(folder.resolve("haar").resolve("metrics.csv"))
                        .getFirst())
                .isEqualTo("step,loss,learning_rate,psnr,l1,l_haar,grad_ratio,skipped");
    }

    /** Doubling the weight doubles the ratio of the two gradients where it is measured, at the result. */
    @Test
    void theRatioOfGradientsGrowsWithTheWeight() throws Exception {
        model("one", config("pcl", "train.total_iter=1", "logger.print_freq=1"));
        model(
                "two",
                config("pcl", "train.total_iter=1", "logger.print_freq=1", "train.contrastive_opt.loss_weight=0.04"));
        double one = rows("one").getFirst().more("grad_ratio").orElseThrow();
        double two = rows("two").getFirst().more("grad_ratio").orElseThrow();
        assertThat(two).isBetween(1.999 * one, 2.001 * one);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "statistics=joint",
                "statistics=frozen",
                "loss=cosine",
                "loss=l1",
                "loss=l2",
                "loss=lmcl",
                "only_aug=true",
                "before_activation=true",
                "contras_d_train=true",
                "scheduler_d=constant",
                "lr_d=1e-4"
            })
    void everyChoiceTrains(String choice) throws Exception {
        String usual = model("usual", config("pcl", "train.total_iter=3"));
        String other = model("other", config("pcl", "train.total_iter=3", "train.contrastive_opt." + choice));
        assertThat(other).isNotEqualTo(usual);
        assertThat(rows("other"))
                .allSatisfy(row -> assertThat(row.loss().orElseThrow()).isFinite());
    }
}
