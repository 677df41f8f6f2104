package io.acuity.cli;

import io.acuity.train.ConfigFile;
import io.acuity.train.Train;
import io.acuity.train.TrainConfig;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code acuity train}: trains a network as a configuration file says. */
@Command(
        name = "acuity train",
        sortOptions = false,
        description =
                "Trains a network. Everything of a run lies in experiments/NAME: checkpoints, metrics.csv, a plot, "
                        + "config.yml with all values, and in the end model.safetensors. Ctrl-C saves a checkpoint first.",
        footer = {
            "",
            "Examples:",
            "  acuity train -c docs/recipes/edsr_s_x4.yml",
            "  acuity train -c docs/recipes/edsr_s_x4.yml --resume",
            "  acuity train -c mine.yml --set name=small --set n_feats=32"
        })
final class TrainCommand implements Verb {
    @Mixin
    RunOptions options = new RunOptions();

    @Option(names = "--resume", description = "go on from the newest whole checkpoint, if there is one")
    boolean resume;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Override
    public ExitCode run(Streams streams) throws IOException {
        ConfigFile file = ConfigFile.load(Arguments.existing(options.config), options.overrides(), System.getenv());
        TrainConfig values = file.config();
        Path folder = Train.folder(values);
        if (!resume && Train.hasCheckpoints(folder)) {
            throw new UsageException(folder + " holds checkpoints of an earlier run; --resume goes on from there, and "
                    + "--set name=OTHER starts another run");
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw WriteException.of(folder, e);
        }
        try (Train train = Train.open(values, folder, resume)) {
            file.write(folder.resolve("config.yml"));
            return run(train) ? ExitCode.DONE : ExitCode.FAILED;
        }
    }

    /** A signal lets the step under way end and be saved; only then the process goes. */
    private static boolean run(Train train) {
        try (Stopping _ = Stopping.with(train::stop)) {
            return train.run();
        }
    }
}
