package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.acuity.device.CountingDevice;
import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.DisturbedDevice;
import io.acuity.device.Precision;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training in bf16 on emulated tensor cores, against training on the CPU in fp32. */
class TrainPrecisionTest extends TrainsOnPictures {
    private static final int STEPS = 10;

    private TrainConfig config(String preset, String precision, String... more) {
        List<String> all = new ArrayList<>(List.of(
                "device=" + (precision.equals("bf16") ? "emu" : "cpu"),
                "precision=" + precision,
                "train.contrastive_opt.preset=" + preset,
                "train.contrastive_opt.num_feat_d=8",
                "datasets.train.batch_size_per_gpu=3",
                "train.total_iter=" + STEPS,
                "logger.print_freq=1"));
        all.addAll(List.of(more));
        return Pictures.config(pictures, all.toArray(String[]::new)).config();
    }

    private Path train(String name, TrainConfig config) {
        Path run = folder.resolve(name);
        assertThat(Pictures.train(config, run, true, false)).isTrue();
        return run;
    }

    private static void assertSameBits(Path have, Path want) throws Exception {
        for (String file : List.of("model.safetensors", "metrics.csv")) {
            assertThat(have.resolve(file)).hasSameBinaryContentAs(want.resolve(file));
        }
    }

    /** How far apart two runs end, of the way that the second has gone from the first weights. */
    private static double apart(Path run, Path want, String file) {
        StateDict start = Safetensors.read(want.resolve("checkpoints/step_00000000/" + file));
        StateDict a = Safetensors.read(run.resolve("checkpoints/step_00000010/" + file));
        StateDict b = Safetensors.read(want.resolve("checkpoints/step_00000010/" + file));
        double way = 0;
        double difference = 0;
        for (String name : b.tensors().keySet()) {
            if (name.endsWith("num_batches_tracked")) {
                continue;
            }
            float[] from = start.tensor(name).floats();
            float[] have = a.tensor(name).floats();
            float[] to = b.tensor(name).floats();
            for (int i = 0; i < to.length; i++) {
                way += Math.pow((double) to[i] - from[i], 2);
                difference += Math.pow((double) to[i] - have[i], 2);
            }
        }
        return Math.sqrt(difference / way);
    }

    @ParameterizedTest
    @ValueSource(strings = {"l1", "pcl", "l1 type=rcan num_group=1 squeeze_factor=4"})
    void learnsWhatFp32DoesAndTheSameEachTime(String text) throws Exception {
        String[] words = text.split(" ", -1);
        String preset = words[0];
        String[] network =
                Arrays.stream(words).skip(1).map("network_g."::concat).toArray(String[]::new);
        TrainConfig config = config(preset, "bf16", network);
        CountingDevice counting = new CountingDevice(Device.open("emu", Precision.BF16));
        Path half = train("bf16", config, counting);
        assertThat(counting.captures()).isEqualTo(1);
        assertThat(counting.replays()).isEqualTo(STEPS - 1);
        Device direct = new DisturbedDevice(Device.open("emu", Precision.BF16), "none", 0, _ -> 0);
        assertSameBits(train("direct", config, direct), half);

        Path plain = train("fp32", config(preset, "fp32", network));
        List<Metrics.Row> have = Metrics.read(half.resolve("metrics.csv"));
        List<Metrics.Row> want = Metrics.read(plain.resolve("metrics.csv"));
        assertThat(have).hasSize(STEPS);
        for (int step = 0; step < STEPS; step++) {
            double loss = want.get(step).loss().orElseThrow();
            assertThat(have.get(step).loss().orElseThrow())
                    .as("loss of step %d", step)
                    .isCloseTo(loss, offset(loss / 256));
            for (String term : config.train().contrastive().terms()) {
                double value = want.get(step).more(term).orElseThrow();
                assertThat(have.get(step).more(term).orElseThrow())
                        .as("%s of step %d", term, step)
                        .isCloseTo(value, offset(allowed(term, value)));
            }
        }
        assertThat(apart(half, plain, "model.safetensors")).isLessThan(1.0 / 16);
        if (config.train().contrastive().preset().contrasts()) {
            assertThat(apart(half, plain, "embedding.safetensors")).isLessThan(1.0 / 8);
        }
        assertThat(half.resolve("model.safetensors")).isNotEmptyFile();
        assertThat(Files.readAllBytes(half.resolve("model.safetensors")))
                .as("features were rounded")
                .isNotEqualTo(Files.readAllBytes(plain.resolve("model.safetensors")));
    }

    @ParameterizedTest
    @CsvSource({"rcan, network_g.num_group=2, network_g.squeeze_factor=4", "imdn, network_g.num_feat=20,"})
    void soDoOtherNetworks(String type, @Nullable String groups, @Nullable String squeeze) throws Exception {
        String[] sizes = Stream.of("network_g.type=" + type, groups, squeeze)
                .filter(Objects::nonNull)
                .toArray(String[]::new);
        Path half = train("bf16", config("l1", "bf16", sizes));
        Path plain = train("fp32", config("l1", "fp32", sizes));
        double have = Metrics.read(half.resolve("metrics.csv")).getLast().loss().orElseThrow();
        double want =
                Metrics.read(plain.resolve("metrics.csv")).getLast().loss().orElseThrow();
        assertThat(have).isCloseTo(want, offset(want / 256));
        assertThat(apart(half, plain, "model.safetensors")).isPositive().isLessThan(1.0 / 16);
    }

    /** Losses are means over many features; a judgement is not, and the norm of a gradient depends on where it meets kinks. */
    private static double allowed(String term, double value) {
        return switch (term) {
            case "l1" -> value / 1024;
            case "l_cl" -> value / 128;
            case "l_cld" -> value / 32;
            case "grad_ratio" -> value / 4;
            default -> 1.0 / 20; // similarities, from -1 to 1, about 0.2 here
        };
    }

    /** A sign has no slope where a number is none, so it is the loss that tells: the tail that forms it lets nothing through. */
    @Test
    void aStepWhosePictureIsNotFiniteIsRefused() throws Exception {
        TrainConfig config = config("l1", "bf16", "train.total_iter=4");
        Device spoilt = new DisturbedDevice(
                Device.open("emu", Precision.BF16),
                "patch_crop_forward",
                2,
                launch -> launch == 2 ? Float.floatToRawIntBits(Float.NaN) : 0); // LR of the second step
        AtomicLong compared = new AtomicLong();
        Device counting = new DisturbedDevice(spoilt, "conv5x5_forward_loss", 5, launch -> {
            compared.set(launch + 1);
            return 0;
        });
        Path run = train("spoilt", config, counting);
        assertThat(compared).hasValue(4);
        List<Metrics.Row> rows = Metrics.read(run.resolve("metrics.csv"));
        assertThat(rows.getLast().more("skipped").orElseThrow()).isEqualTo(1);
        assertThat(rows.getLast().loss().orElseThrow()).isFinite().isPositive();
    }

    /** What is kept is fp32 in both modes: in the middle of a run one can take over from the other. */
    @Test
    void aRunMayChangeItsNumberMode() throws Exception {
        Path run = folder.resolve("mixed");
        TrainConfig first = config("l1", "bf16", "logger.save_checkpoint_freq=1");
        assertThat(Pictures.train(first, run, false, true)).isFalse();
        Pictures.train(config("l1", "fp32", "logger.save_checkpoint_freq=1"), run, true, true);
        Pictures.train(first, run, true, true);
        train("mixed", config("l1", "fp32"));

        Path plain = train("fp32", config("l1", "fp32"));
        assertThat(apart(run, plain, "model.safetensors")).isPositive().isLessThan(1.0 / 16);
    }

    @Test
    void refusesWhatCannotBe() {
        TrainConfig cpu = config("l1", "bf16", "device=cpu");
        assertThatThrownBy(() -> Train.open(cpu, folder.resolve("cpu"), false))
                .isInstanceOf(DeviceException.class)
                .hasMessage("device cpu: want precision fp32, have bf16");
        TrainConfig few = config("pcl", "bf16", "train.contrastive_opt.num_feat_d=4");
        assertThatThrownBy(() -> Train.open(few, folder.resolve("few"), false))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("want at least 5 features in bf16, where fewer are a picture, have 4");
        TrainConfig han =
                config("l1", "bf16", "network_g.type=han", "network_g.num_group=2", "network_g.squeeze_factor=4");
        assertThatThrownBy(() -> Train.open(han, folder.resolve("han"), false))
                .isInstanceOf(DeviceException.class)
                .hasMessageMatching("network_g: \\w+ has no form for bf16; want precision fp32");
        assertThat(Train.hasCheckpoints(folder.resolve("han"))).isFalse();
    }
}
