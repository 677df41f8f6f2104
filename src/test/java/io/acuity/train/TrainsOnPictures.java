package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder for runs, with pictures to train on. */
abstract class TrainsOnPictures {
    @TempDir
    Path folder;

    Path pictures = Path.of("");

    @BeforeEach
    void makePictures() throws Exception {
        pictures = Pictures.make(folder);
    }

    /** Trains to the end on a device that is open; the run's folder. */
    Path train(String name, TrainConfig config, Device device) {
        Path run = folder.resolve(name);
        try (Train train = Train.open(config, run, false, device)) {
            assertThat(train.run()).isTrue();
        }
        return run;
    }
}
