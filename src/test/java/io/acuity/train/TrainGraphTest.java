package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.acuity.device.CountingDevice;
import io.acuity.device.Device;
import io.acuity.device.DisturbedDevice;
import io.acuity.device.cuda.StandIn;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From the second step on a step is one launch of a graph, which does what the launches of a direct run do. */
class TrainGraphTest extends TrainsOnPictures {
    private static final int STEPS = 10;

    private TrainConfig config(String preset, int steps, String... more) {
        List<String> all = new ArrayList<>(List.of(
                "train.contrastive_opt.preset=" + preset,
                "train.contrastive_opt.num_feat_d=1",
                "train.contrastive_opt.layers=[0, 2]",
                "network_g.num_feat=2",
                "datasets.train.gt_size=16",
                "train.scheduler.type=cosine",
                "train.total_iter=" + steps,
                "logger.print_freq=1"));
        all.addAll(List.of(more));
        return Pictures.config(pictures, all.toArray(String[]::new)).config();
    }

    /** A device that does the captured work anew instead of replaying it. */
    private static Device direct(String device) {
        return new DisturbedDevice(Device.open(device), "none", 0, _ -> 0);
    }

    private static void assertSameBits(Path have, Path want) throws Exception {
        assertThat(have.resolve("model.safetensors")).hasSameBinaryContentAs(want.resolve("model.safetensors"));
        assertThat(Files.readString(have.resolve("metrics.csv")))
                .isEqualTo(Files.readString(want.resolve("metrics.csv")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "l1",
                "haar-l1",
                "pcl",
                "pcl-released",
                "pcl filters=spectral",
                "pcl filters=band shuffled_negatives=1",
                "pcl statistics=frozen"
            })
    void replayedStepsHaveTheBitsOfDirectOnes(String choice) throws Exception {
        String[] words = choice.split(" ", -1);
        String[] more = new String[words.length - 1];
        for (int i = 1; i < words.length; i++) {
            more[i - 1] = "train.contrastive_opt." + words[i];
        }
        TrainConfig config = config(words[0], 5, more);
        for (String device : List.of("cpu", "emu")) {
            assertSameBits(
                    train("graph " + device, config, Device.open(device)),
                    train("direct " + device, config, direct(device)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "edsr tail=collapsed",
                "rcan num_group=2 num_feat=8 squeeze_factor=4",
                "han num_group=2 num_feat=8 squeeze_factor=4",
                "nlsn num_hash=2 chunk_size=16 num_feat=8",
                "vdsr",
                "imdn num_feat=20"
            })
    void everyNetworkCanBeReplayed(String network) throws Exception {
        List<String> more = new ArrayList<>();
        for (String word : ("type=" + network).split(" ", -1)) {
            more.add("network_g." + word);
        }
        TrainConfig config = config("l1", 4, more.toArray(String[]::new));
        CountingDevice counting = new CountingDevice(Device.open("cpu"));
        Path run = train("graph", config, counting);
        assertThat(counting.replays()).isEqualTo(3);
        assertSameBits(run, train("direct", config, direct("cpu")));
    }

    @Test
    void theEmulatorLearnsWhatTheCpuDoesAndTheSameEachTime() throws Exception {
        TrainConfig config = config("pcl", STEPS);
        CountingDevice counting = new CountingDevice(Device.open("emu"));
        Path emulated = train("emu", config, counting);
        assertThat(counting.captures()).isEqualTo(1);
        assertThat(counting.replays()).isEqualTo(STEPS - 1);
        assertSameBits(train("again", config, Device.open("emu")), emulated);

        Path cpu = train("cpu", config, Device.open("cpu"));
        List<Metrics.Row> have = Metrics.read(emulated.resolve("metrics.csv"));
        List<Metrics.Row> want = Metrics.read(cpu.resolve("metrics.csv"));
        assertThat(have).hasSize(STEPS);
        for (int step = 0; step < STEPS; step++) {
            for (String term : config.train().contrastive().terms()) {
                double value = want.get(step).more(term).orElseThrow();
                assertThat(have.get(step).more(term).orElseThrow())
                        .as("%s of step %d", term, step)
                        .isCloseTo(value, offset(2e-4));
            }
        }
        StateDict a = Safetensors.read(emulated.resolve("model.safetensors"));
        StateDict b = Safetensors.read(cpu.resolve("model.safetensors"));
        for (String name : b.tensors().keySet()) {
            float[] weights = b.tensor(name).floats();
            for (int i = 0; i < weights.length; i++) {
                assertThat(a.tensor(name).floats()[i]).as(name).isCloseTo(weights[i], offset(1e-7f));
            }
        }
    }

    /** Ten steps ask for no more memory and no more launches than four do, but for six more launches of the graph. */
    @ParameterizedTest
    @ValueSource(strings = {"l1", "haar-l1", "pcl", "pcl filters=spectral"})
    void aReplayedStepAsksForNothingElse(String choice) {
        String[] words = choice.split(" ", -1);
        String more = words.length == 1 ? "seed=0" : "train.contrastive_opt." + words[1];
        int[][] counts = new int[2][];
        for (int i = 0; i < 2; i++) {
            CountingDevice counting = new CountingDevice(Device.open("cpu"));
            train(choice + i, config(words[0], i == 0 ? 4 : STEPS, more), counting);
            counts[i] =
                    new int[] {counting.allocations(), counting.launches(), counting.captures(), counting.replays()};
        }
        assertThat(counts[1]).startsWith(counts[0][0], counts[0][1], 1);
        assertThat(counts[0][3]).isEqualTo(3);
        assertThat(counts[1][3]).isEqualTo(STEPS - 1);
    }

    /** The true path of a GPU, its driver a stand-in that runs emulated kernels and does a stream's work late. */
    @ParameterizedTest
    @ValueSource(strings = {"l1", "pcl"})
    void aGpuReplaysAStepInOneCall(String preset) throws Exception {
        List<String> functions = List.of("cuLaunchKernel", "cuMemAlloc_v2", "cuMemHostAlloc", "cuMemsetD32Async");
        List<List<Long>> counts = new ArrayList<>();
        Path run = folder;
        for (int steps : new int[] {4, 7}) {
            StandIn gpu = StandIn.start();
            run = train("cuda " + steps, config(preset, steps), gpu.gpu());
            counts.add(functions.stream().map(gpu::calls).toList());
            assertThat(gpu.calls("cuGraphLaunch")).isEqualTo(steps - 1);
            assertThat(gpu.calls("cuGraphInstantiate")).isEqualTo(1);
        }
        assertThat(counts.getFirst()).doesNotContain(-1L);
        assertThat(counts.get(1)).isEqualTo(counts.get(0));
        assertSameBits(run, train("emu", config(preset, 7), Device.open("emu")));
    }
}
