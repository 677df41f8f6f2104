package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.CapturedLaunches;
import io.acuity.device.Device;
import io.acuity.device.DisturbedDevice;
import io.acuity.device.Precision;
import io.acuity.device.cuda.StandIn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps in bf16: no weight is packed in a replayed one, and its bits are those of steps that pack. */
class PackedTrainTest {
    @TempDir
    Path folder;

    private TrainConfig config(String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "train.contrastive_opt.preset=l1",
                "network_g.num_feat=8",
                "datasets.train.gt_size=16",
                "logger.print_freq=1"));
        all.addAll(List.of(more));
        return Pictures.config(Pictures.make(folder), all.toArray(String[]::new))
                .config();
    }

    private Path train(String name, TrainConfig config, Device device) {
        Path run = folder.resolve(name);
        try (Train train = Train.open(config, run, false, device)) {
            assertThat(train.run()).isTrue();
        }
        return run;
    }

    private static Device emulator() {
        return Device.open("emu", Precision.BF16);
    }

    /** A run that packs in each step: it does the captured work anew, after it was told that parameters have changed. */
    private Path direct(TrainConfig config) {
        return train("direct", config, new DisturbedDevice(emulator(), "none", 0, _ -> 0));
    }

    private static void assertSameBits(Path have, Path want) throws Exception {
        assertThat(have.resolve("model.safetensors")).hasSameBinaryContentAs(want.resolve("model.safetensors"));
        assertThat(Files.readString(have.resolve("metrics.csv")))
                .isEqualTo(Files.readString(want.resolve("metrics.csv")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"edsr tail=plain", "rcan num_group=1 squeeze_factor=4 tail=plain"})
    void aReplayedStepPacksNothing(String network) throws Exception {
        List<String> more = new ArrayList<>(List.of("train.total_iter=5"));
        for (String word : ("type=" + network).split(" ", -1)) {
            more.add("network_g." + word);
        }
        TrainConfig config = config(more.toArray(String[]::new));
        CapturedLaunches captured = new CapturedLaunches(emulator());
        Path run = train("graph", config, captured);
        assertThat(captured.kernels()).contains("conv3x3_backward_weight", "step_watch_gradient");
        assertThat(captured.kernels().stream().filter(kernel -> kernel.contains("_pack_")))
                .isEmpty();
        assertSameBits(run, direct(config));
    }

    /** What the tail's layers amount to is formed anew in each step, from copies in fp32 of the layers' weights. */
    @Test
    void onlyTheCollapsedTailIsPacked() throws Exception {
        TrainConfig config = config("network_g.tail=collapsed", "train.total_iter=5");
        CapturedLaunches captured = new CapturedLaunches(emulator());
        Path run = train("graph", config, captured);
        assertThat(captured.kernels().stream().filter(kernel -> kernel.contains("_pack_")))
                .containsExactlyInAnyOrder(
                        "conv3x3_pack_forward",
                        "conv3x3_pack_forward",
                        "conv5x5_pack_forward",
                        "conv5x5_pack_backward",
                        "conv3x3_pack_backward");
        assertSameBits(run, direct(config));
    }

    /** A GPU's device, its driver a stand-in: tables of places in memory, what is put off and what is fed, in a graph. */
    @Test
    void aGpuTrainsInBf16() throws Exception {
        TrainConfig config = config(
                "network_g.type=rcan", "network_g.num_group=1", "network_g.squeeze_factor=4", "train.total_iter=4");
        assertSameBits(train("gpu", config, StandIn.open(Precision.BF16)), train("emu", config, emulator()));
    }

    /** Refused steps, weights of earlier checkpoints, and a step captured anew after them. */
    @Test
    void goesBackAsARunThatPacksDoes() throws Exception {
        TrainConfig config = config(
                "train.total_iter=24",
                "train.optim_g.lr=2e-4",
                "datasets.train.batch_size_per_gpu=1",
                "train.guard.spike_factor=1.05",
                "train.guard.patience=2",
                "train.guard.rollbacks=100",
                "logger.keep_last=9",
                "logger.save_checkpoint_freq=5");
        Path run = train("graph", config, emulator());
        List<Metrics.Row> rows = Metrics.read(run.resolve("metrics.csv"));
        assertThat(rows.getLast().more("skipped").orElseThrow()).isGreaterThan(3);
        assertSameBits(run, direct(config));
    }
}
