package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.CountingDevice;
import io.acuity.device.Device;
import io.acuity.device.DisturbedDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps that are refused, and going back, in a run whose steps are replayed. */
class GuardedGraphTest {
    @TempDir
    Path folder;

    private Path train(String name, TrainConfig config, Device device) {
        Path run = folder.resolve(name);
        try (Train train = Train.open(config, run, false, device)) {
            assertThat(train.run()).isTrue();
        }
        return run;
    }

    /** What is a little above the median counts as a spike, so that the run goes back; after that the step is captured anew. */
    @Test
    void refusesAndGoesBackAsARunOfDirectStepsDoes() throws Exception {
        TrainConfig config = Pictures.config(
                        Pictures.make(folder),
                        "train.contrastive_opt.preset=pcl",
                        "train.contrastive_opt.num_feat_d=1",
                        "network_g.num_feat=2",
                        "datasets.train.gt_size=16",
                        "train.total_iter=60",
                        "train.guard.spike_factor=1.1",
                        "train.guard.patience=2",
                        "train.guard.rollbacks=100",
                        "logger.keep_last=9",
                        "logger.print_freq=1",
                        "logger.save_checkpoint_freq=7")
                .config();
        CountingDevice counting = new CountingDevice(Device.open("cpu"));
        Path run = train("graph", config, counting);
        assertThat(counting.captures())
                .as("one at first, one after each going back")
                .isGreaterThan(1);
        assertThat(Metrics.read(run.resolve("metrics.csv"))
                        .getLast()
                        .more("skipped")
                        .orElseThrow())
                .isGreaterThan(3);

        Path direct = train("direct", config, new DisturbedDevice(Device.open("cpu"), "none", 0, _ -> 0));
        assertThat(run.resolve("model.safetensors")).hasSameBinaryContentAs(direct.resolve("model.safetensors"));
        assertThat(Files.readString(run.resolve("metrics.csv")))
                .isEqualTo(Files.readString(direct.resolve("metrics.csv")));
    }
}
