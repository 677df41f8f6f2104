package io.acuity.train;

import io.acuity.data.Bicubic;
import io.acuity.data.PackedImages;
import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import io.acuity.model.Architectures;
import io.acuity.model.ModelFile;
import io.acuity.model.Network;
import io.acuity.op.L1Loss;
import io.acuity.op.Scale;
import io.acuity.optim.Adam;
import io.acuity.optim.Ema;
import io.acuity.optim.Schedule;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.weights.DataType;
import io.acuity.weights.ModelBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** A training run: the whole loop can be read here, and nothing calls back into it. */
public final class Train implements AutoCloseable {
    private final TrainConfig config;
    private final Path run;
    private final Device device;
    private final Network network;
    private final Network average;
    private final Adam adam;
    private final Ema ema;
    private final Schedule schedule;
    private final Batches batches;
    private final ValidationSet validation;
    private final CheckpointStore checkpoints;
    private final Tape tape;
    private final TrainLog log;
    private final long start;
    private volatile boolean stopping;

    private Train(TrainConfig config, Path run, boolean resume) {
        this.config = config;
        this.run = run;
        device = Device.open(config.device());
        if (config.threads() > 0) {
            NativeLibrary.load().threads(config.threads());
        }
        checkpoints = CheckpointStore.open(run, config.logger().keepLast(), System.err::println);
        network = network(config, device);
        average = network(config, device);
        adam = new Adam(network.parameters(), adamOptions(config.train()));
        ema = new Ema(network.parameters(), average.parameters(), config.train().emaDecay());
        schedule = schedule(config.train());
        tape = Tape.recording(device);
        Optional<Checkpoint> newest = resume ? checkpoints.newest() : Optional.empty();
        if (newest.isPresent()) {
            Snapshot.restore(newest.get(), network, average, adam);
        } else {
            config.path().pretrained().ifPresent(file -> ModelFile.load(file, ModelBytes.read(Path.of(file)), network));
            ema.reset();
        }
        start = newest.map(Checkpoint::step).orElse(0L);
        log = TrainLog.open(
                run,
                config.train().steps(),
                config.logger().rowEvery(),
                start,
                newest.map(Checkpoint::state).orElse(Map.of()));
        TrainConfig.TrainSet set = config.datasets().train();
        Bicubic.Convention convention = Bicubic.Convention.of(set.convention());
        List<Path> folders = set.folders().stream().map(Path::of).toList();
        PackedImages images = PackedImages.of(
                new PackedImages.Source(folders, set.halve(), config.scale(), convention),
                set.cache().map(Path::of),
                log::say);
        batches = new Batches(device, images, set, config.seed());
        validation = ValidationSet.read(config.datasets().validation(), config.scale(), convention);
    }

    /**
     * Prepares a run.
     *
     * @param run the run's folder
     * @param resume go on from its newest whole checkpoint, if it has one
     */
    public static Train open(TrainConfig config, Path run, boolean resume) {
        return new Train(config, run, resume);
    }

    /** Trains until the last step or {@link #stop}; returns whether all steps are done. */
    public boolean run() {
        long steps = config.train().steps();
        if (start > 0) {
            log.say("going on after step " + start);
        }
        for (long step = start; step < steps; step++) {
            tape.reset();
            long before = System.nanoTime();
            Batches.Batch batch = batches.next(tape, step);
            long waited = System.nanoTime() - before;

            Tensor sr = network.forward(tape, batch.lr());
            Tensor loss = weighted(L1Loss.apply(tape, sr, batch.hr()));
            tape.backward(loss);
            adam.step(schedule.rate(step));
            ema.step(step);

            noted(step + 1, loss.item(), waited);
            if (stopping) {
                save(step + 1, OptionalDouble.empty());
                log.say("stopped after step " + (step + 1) + "; --resume goes on from there");
                return false;
            }
        }
        ModelFile.write(run.resolve("model.safetensors"), ModelFile.state(average, notes(steps)), DataType.F32);
        return true;
    }

    private Tensor weighted(Tensor loss) {
        double weight = config.train().pixel().weight();
        return weight == 1 ? loss : Scale.apply(tape, loss, (float) weight);
    }

    /** Logs a finished step, and validates and saves when it is time. */
    private void noted(long step, float loss, long waited) {
        if (!Float.isFinite(loss)) {
            throw new DivergedException(
                    "the loss is " + loss + " at step " + step + "; the newest checkpoint before it is of step "
                            + checkpoints.steps().stream()
                                    .reduce((_, last) -> last)
                                    .map(String::valueOf)
                                    .orElse("none"));
        }
        log.step(step, batches.size(), loss, schedule.rate(step - 1), waited);
        boolean last = step == config.train().steps();
        OptionalDouble psnr = OptionalDouble.empty();
        if (!validation.isEmpty() && (step % config.validation().every() == 0 || last)) {
            psnr = OptionalDouble.of(validation.psnr(average));
            log.validation(step, psnr.getAsDouble());
            log.say("validation at step %d: %.3f dB".formatted(step, psnr.getAsDouble()));
            if (config.logger().plots()) {
                log.plot(config.name());
            }
        }
        if (step % config.logger().checkpointEvery() == 0 || last) {
            save(step, psnr);
        }
    }

    private void save(long step, OptionalDouble psnr) {
        log.sync();
        checkpoints.save(Snapshot.of(step, psnr, network, average, adam, notes(step), log.state()));
    }

    private Map<String, String> notes(long step) {
        return Map.of(
                "acuity.degradation",
                        "bicubic-matlab-" + config.datasets().train().convention(),
                "acuity.training", "run " + config.name() + ", " + step + " steps, seed " + config.seed());
    }

    /** Asks the run to save after the present step and end; may be called from another thread. */
    public void stop() {
        stopping = true;
    }

    private static Network network(TrainConfig config, Device device) {
        TrainConfig.Network n = config.network();
        try {
            return Architectures.create(n.type(), device, n.settings(config.scale()), config.seed())
                    .collapse(n.tail() == TrainConfig.Tail.COLLAPSED);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("network_g: " + e.getMessage(), e);
        }
    }

    private static Adam.Options adamOptions(TrainConfig.Train train) {
        List<Double> betas = train.optimizer().betas();
        return new Adam.Options(betas.get(0), betas.get(1), train.optimizer().epsilon(), train.gradientClamp());
    }

    private static Schedule schedule(TrainConfig.Train train) {
        double rate = train.optimizer().rate();
        TrainConfig.Scheduler s = train.scheduler();
        Schedule curve = switch (s.type()) {
            case CONSTANT -> Schedule.constant(rate);
            case STEP -> Schedule.steps(rate, s.milestones(), s.gamma());
            case COSINE ->
                Schedule.cycles(rate, s.floor(), s.periods().isEmpty() ? List.of(train.steps()) : s.periods());
        };
        return s.warmup() > 0 ? curve.warmUp(s.warmup()) : curve;
    }

    /** The folder of a run: {@code experiments/<name>}. */
    public static Path folder(TrainConfig config) {
        return Path.of("experiments", config.name());
    }

    /** Whether a run folder holds checkpoints, so that starting afresh would lose them. */
    public static boolean hasCheckpoints(Path run) {
        return Files.isDirectory(run.resolve("checkpoints"));
    }

    @Override
    public void close() {
        log.close();
        checkpoints.close();
        batches.close();
        tape.close();
        adam.close();
        network.parameters().close();
        average.parameters().close();
        device.close();
    }
}
