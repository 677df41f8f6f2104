package io.acuity.train;

import io.acuity.contrast.Embedding;
import io.acuity.data.Bicubic;
import io.acuity.data.PackedImages;
import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import io.acuity.device.Precision;
import io.acuity.device.Readback;
import io.acuity.model.ModelFile;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.optim.Adam;
import io.acuity.optim.StepWatch;
import io.acuity.weights.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A training run: the whole loop can be read here, and nothing calls back into it.
 *
 * <p>A step is started before the one before has been heard of: its report is read {@link #LATE} steps later, so that the device
 * never waits for the host. Nothing depends on that, since steps that went wrong are refused on the device; and no step is started
 * across a moment at which the run may go back, validates, saves or ends.
 */
public final class Train implements AutoCloseable {
    /** How many steps may be under way unheard of, when the next is started. */
    private static final int LATE = 1;

    /** A step under way. */
    private record Started(long step, long waited, Readback report) {}

    private final TrainConfig config;
    private final Contrastive contrastive;
    private final Path run;
    private final Device device;
    private final Network network;
    private final Network average;
    private final Adam adam;
    private final Optional<Embedding> embedding;
    private final Snapshot snapshot;
    private final Guard guard;
    private final StepWatch watch;
    private final TrainStep work;
    private final Deque<Started> started = new ArrayDeque<>();
    private final Deque<Readback> reports = new ArrayDeque<>();
    private final Batches batches;
    private final ValidationSet validation;
    private final CheckpointStore checkpoints;
    private final TrainLog log;
    private final long start;
    private volatile boolean stopping;

    private Train(TrainConfig config, Path run, boolean resume, Device device) {
        this.config = config;
        this.run = run;
        this.device = device;
        contrastive = config.train().contrastive();
        if (config.threads() > 0) {
            NativeLibrary.load().threads(config.threads());
        }
        average = Parts.network(config, device);
        Parts.tryOut(average);
        checkpoints = CheckpointStore.open(run, config.logger().keepLast(), this::isRegular, System.err::println);
        network = Parts.network(config, device);
        adam = new Adam(network.parameters(), Parts.adamOptions(config.train()));
        embedding = contrastive.preset().contrasts() ? Optional.of(Parts.embedding(config, device)) : Optional.empty();
        snapshot = new Snapshot(network, average, adam, embedding);
        watch = StepWatch.on(device, config.train().guard().spike());
        Optional<Checkpoint> newest = resume ? checkpoints.newest() : Optional.empty();
        Map<String, Object> state = newest.map(Checkpoint::state).orElse(Map.of());
        if (newest.isPresent()) {
            snapshot.restore(newest.get());
        } else {
            config.path().pretrained().ifPresent(file -> ModelFile.load(file, Models.state(file), network));
        }
        guard = new Guard(config.train().guard(), state);
        watch.remember(guard.recent());
        start = newest.map(Checkpoint::step).orElse(0L);
        TrainConfig.Logger logger = config.logger();
        log = TrainLog.open(
                run,
                new TrainLog.Options(config.train().steps(), logger.rowEvery(), contrastive.terms(), logger.events()),
                start,
                state);
        TrainConfig.TrainSet set = config.datasets().train();
        Bicubic.Convention convention = Bicubic.Convention.of(set.convention());
        List<Path> folders = set.folders().stream().map(Path::of).toList();
        PackedImages images = PackedImages.of(
                new PackedImages.Source(folders, set.halve(), config.scale(), convention),
                set.cache().map(Path::of),
                log::say);
        batches = new Batches(device, images, set, config.seed());
        work = new TrainStep(config, device, snapshot, batches, watch);
        if (newest.isEmpty()) {
            work.resetAverage();
        }
        for (int i = 0; i <= LATE; i++) {
            reports.add(device.readback(watch.report().bytes()));
        }
        validation = ValidationSet.read(config.datasets().validation(), config.scale(), convention);
    }

    /**
     * Prepares a run.
     *
     * @param run the run's folder
     * @param resume go on from its newest whole checkpoint, if it has one
     */
    public static Train open(TrainConfig config, Path run, boolean resume) {
        return new Train(config, run, resume, Device.open(config.device(), config.precision()));
    }

    /** The same on a device that is open already, and is closed with the run. */
    static Train open(TrainConfig config, Path run, boolean resume, Device device) {
        return new Train(config, run, resume, device);
    }

    /** Trains until the last step or {@link #stop}; returns whether all steps are done. */
    public boolean run() {
        long steps = config.train().steps();
        if (start > 0) {
            log.say("going on after step " + start);
        } else {
            save(0, OptionalDouble.empty()); // what a run that goes wrong early goes back to
        }
        for (long step = start; step < steps; step++) {
            if (guard.mayGoBackAfter(started.size())) {
                hear(0);
            }
            start(step);
            boolean stop = stopping;
            hear(stop || rests(step + 1) ? 0 : LATE);
            if (stop) {
                save(step + 1, OptionalDouble.empty());
                log.say("stopped after step " + (step + 1) + "; --resume goes on from there");
                return false;
            }
        }
        ModelFile.write(run.resolve("model.safetensors"), ModelFile.state(average, notes(steps)), DataType.F32);
        return true;
    }

    private void start(long step) {
        work.start(step, guard.rateFactor());
        Readback report = reports.removeFirst();
        report.start(watch.report());
        started.addLast(new Started(step, batches.nanos(), report));
    }

    /** Hears of steps under way, the oldest first, until at most so many are left. */
    private void hear(int left) {
        while (started.size() > left) {
            Started oldest = started.removeFirst();
            StepWatch.Report report = StepWatch.read(oldest.report().await());
            reports.addLast(oldest.report());
            ended(oldest, report);
        }
    }

    private void ended(Started ended, StepWatch.Report report) {
        long step = ended.step() + 1;
        if (report.finding().embeddingLearnt()) {
            embedding.ifPresent(Embedding::count);
        }
        guard.note(report);
        if (report.finding() == StepWatch.Finding.GOOD) {
            log.learnt(report.loss(), work.terms(report));
        }
        if (guard.verdict(step) == Guard.Verdict.GO_BACK) {
            goBack(step);
        }
        noted(step, ended.waited());
    }

    /** Whether all must be known after this step: what {@link #noted} does then is done with the weights of that moment. */
    private boolean rests(long step) {
        return step == config.train().steps()
                || step % config.logger().checkpointEvery() == 0
                || (!validation.isEmpty() && step % config.validation().every() == 0);
    }

    /** After too many wrong steps in a row: earlier weights, half the rate; data and time go on. */
    private void goBack(long step) {
        Checkpoint earlier =
                checkpoints.before(step - 2L * config.train().guard().patience());
        snapshot.restore(earlier);
        work.renew();
        log.say("step %d: %s; back to the weights of step %d, with %s of the learning rate"
                .formatted(step, guard.wrong(), earlier.step(), guard.rateFactor()));
    }

    /** Logs a finished step, and validates and saves when it is time. */
    private void noted(long step, long waited) {
        log.step(step, batches.size(), work.rate(step - 1) * guard.rateFactor(), waited, guard.skipped());
        boolean last = step == config.train().steps();
        OptionalDouble psnr = OptionalDouble.empty();
        boolean sound = guard.streak() == 0; // in the middle of wrong steps the weights may be what is wrong
        if (sound && !validation.isEmpty() && (step % config.validation().every() == 0 || last)) {
            psnr = OptionalDouble.of(validation.psnr(average));
            log.validation(step, psnr.getAsDouble());
            log.say("validation at step %d: %.3f dB".formatted(step, psnr.getAsDouble()));
            if (config.logger().plots()) {
                log.plot(config.name());
            }
        }
        if ((sound && step % config.logger().checkpointEvery() == 0) || last) {
            save(step, psnr);
        }
    }

    /** Whether a checkpoint would be there even if the run had never been stopped. */
    private boolean isRegular(Checkpoint checkpoint) {
        return checkpoint.step() % config.logger().checkpointEvery() == 0 && Guard.isSound(checkpoint);
    }

    private void save(long step, OptionalDouble psnr) {
        log.sync();
        Map<String, Object> state = new LinkedHashMap<>(log.state());
        state.putAll(guard.state());
        checkpoints.save(snapshot.of(step, psnr, notes(step), state));
    }

    private Map<String, String> notes(long step) {
        return Map.of(
                "acuity.degradation",
                        "bicubic-matlab-" + config.datasets().train().convention(),
                "acuity.training",
                        "run " + config.name() + ", " + contrastive.name() + ", " + step + " steps, seed "
                                + config.seed() + (config.precision() == Precision.FP32 ? "" : ", bf16"));
    }

    /** The completed steps that the run goes on from. */
    public long start() {
        return start;
    }

    /** Asks the run to save after the present step and end; may be called from another thread. */
    public void stop() {
        stopping = true;
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
        work.close();
        reports.forEach(Readback::close);
        started.forEach(step -> step.report().close());
        watch.close();
        batches.close();
        embedding.ifPresent(Embedding::close);
        adam.close();
        network.parameters().close();
        average.parameters().close();
        device.close();
    }
}
