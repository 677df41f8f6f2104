package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.tensor.Random;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TrainTest {
    private static final int STEPS = 9;

    @TempDir
    Path folder;

    @BeforeEach
    void makePictures() throws Exception {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        for (int k = 0; k < 2; k++) {
            ImageFile.write(picture(k), pictures.resolve("picture" + k + ".png"));
        }
    }

    /** Smooth waves with a little noise: something that can be learnt. */
    private static Image picture(int k) {
        Image image = Image.black(72, 64, 3, 8);
        Random random = Random.of(1, k);
        for (int i = 0; i < image.bytes().length; i++) {
            int pixel = i / 3;
            double wave = Math.sin((pixel % 72) * 0.2 + k) + Math.cos(Math.floorDiv(pixel, 72) * 0.15 * (i % 3 + 1));
            image.bytes()[i] = (byte) (128 + 50 * wave + random.nextInt(8));
        }
        return image;
    }

    private TrainConfig config(String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "name=tiny",
                "scale=2",
                "device=cpu",
                "network_g.num_feat=8",
                "network_g.num_block=1",
                "datasets.train.dataroot_gt=" + folder.resolve("pictures"),
                "datasets.train.gt_size=24",
                "datasets.train.batch_size_per_gpu=2",
                "datasets.val.dataroot_gt=" + folder.resolve("pictures"),
                "train.total_iter=" + STEPS,
                "train.optim_g.lr=1e-3",
                "train.scheduler.warmup_iter=2",
                "val.val_freq=4",
                "logger.print_freq=2",
                "logger.save_checkpoint_freq=100",
                "logger.plots=false"));
        settings.addAll(List.of(more));
        return ConfigFile.of(settings.toArray(String[]::new)).config();
    }

    private static boolean train(TrainConfig config, Path run, boolean resume, boolean stopAtOnce) {
        try (Train train = Train.open(config, run, resume)) {
            if (stopAtOnce) {
                train.stop();
            }
            return train.run();
        }
    }

    private static void assertSameModel(Path a, Path b) throws Exception {
        assertThat(Files.readAllBytes(a.resolve("model.safetensors")))
                .isEqualTo(Files.readAllBytes(b.resolve("model.safetensors")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"collapsed", "plain"})
    void aRunStoppedAfterEveryStepGivesTheSameBits(String tail) throws Exception {
        TrainConfig config = config("network_g.tail=" + tail);
        Path whole = folder.resolve("whole");
        assertThat(train(config, whole, false, false)).isTrue();

        Path pieces = folder.resolve("pieces");
        int stops = 0;
        while (stops < STEPS && !Files.exists(pieces.resolve("model.safetensors"))) {
            train(config, pieces, true, true);
            stops++;
        }
        train(config, pieces, true, false);

        assertThat(stops).isGreaterThanOrEqualTo(STEPS - 1);
        assertSameModel(whole, pieces);
        assertThat(Files.readString(pieces.resolve("metrics.csv")))
                .isEqualTo(Files.readString(whole.resolve("metrics.csv")));
    }

    @Test
    void theSameSeedGivesTheSameBitsAndAnotherOneOthers() throws Exception {
        train(config(), folder.resolve("a"), false, false);
        train(config(), folder.resolve("b"), false, false);
        train(config("seed=5"), folder.resolve("c"), false, false);
        assertSameModel(folder.resolve("a"), folder.resolve("b"));
        assertThat(Files.readAllBytes(folder.resolve("c").resolve("model.safetensors")))
                .isNotEqualTo(Files.readAllBytes(folder.resolve("a").resolve("model.safetensors")));
    }

    @Test
    void theEmulatorLearnsTheSame() throws Exception {
        train(config("train.total_iter=4", "val.val_freq=100"), folder.resolve("cpu"), false, false);
        train(config("device=emu", "train.total_iter=4", "val.val_freq=100"), folder.resolve("emu"), false, false);
        var cpu = Safetensors.read(folder.resolve("cpu").resolve("model.safetensors"));
        var emu = Safetensors.read(folder.resolve("emu").resolve("model.safetensors"));
        for (String name : cpu.tensors().keySet()) {
            TensorData a = cpu.tensor(name);
            float[] b = emu.tensor(name).floats();
            float[] values = a.floats();
            for (int i = 0; i < b.length; i++) {
                // Adam turns a gradient of rounding size into a whole step, so single weights may be some steps apart
                assertThat(b[i]).as(name).isCloseTo(values[i], offset(2e-3f));
            }
        }
    }

    @Test
    void learningHelps() throws Exception {
        train(config("train.total_iter=150", "val.val_freq=10"), folder.resolve("run"), false, false);
        List<String> rows = Files.readAllLines(folder.resolve("run").resolve("metrics.csv"));
        List<Double> psnr = rows.stream()
                .skip(1)
                .map(row -> row.split(",", -1)[3])
                .filter(text -> !text.isEmpty())
                .map(Double::valueOf)
                .toList();
        assertThat(psnr.getLast()).isGreaterThan(psnr.getFirst() + 3);
    }

    @Test
    void aLossThatIsNoNumberStopsTheRun() {
        train(config(), folder.resolve("good"), false, false);
        StateDict good = Safetensors.read(folder.resolve("good").resolve("model.safetensors"));
        LinkedHashMap<String, TensorData> tensors = new LinkedHashMap<>(good.tensors());
        tensors.put("tail.1.bias", TensorData.of(new float[] {0, Float.NaN, 0}, 3));
        Path broken = folder.resolve("broken.safetensors");
        Safetensors.write(broken, StateDict.of(tensors).withMetadata(good.metadata()));

        assertThatThrownBy(
                        () -> train(config("path.pretrain_network_g=" + broken), folder.resolve("wild"), false, false))
                .isInstanceOf(DivergedException.class)
                .hasMessageContaining(
                        "the loss on pixels is NaN at step 5, 5 steps in a row went wrong, and none was good before");
    }

    @Test
    void aPictureSmallerThanThePatchIsNamed() {
        TrainConfig config = config("datasets.train.gt_size=96");
        assertThatThrownBy(() -> train(config, folder.resolve("run"), false, false))
                .hasMessageContaining("picture0.png")
                .hasMessageContaining("96x96");
    }
}
