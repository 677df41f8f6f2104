package io.acuity.train;

import io.acuity.contrast.Embedding;
import io.acuity.contrast.FrequencyBank;
import io.acuity.contrast.Samples;
import io.acuity.data.Bicubic;
import io.acuity.data.PackedImages;
import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import io.acuity.model.ModelFile;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.op.Add;
import io.acuity.op.GradientNorm;
import io.acuity.op.HaarTransform;
import io.acuity.op.InfoNceLoss;
import io.acuity.op.L1Loss;
import io.acuity.op.Scale;
import io.acuity.optim.Adam;
import io.acuity.optim.Ema;
import io.acuity.optim.Schedule;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.weights.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** A training run: the whole loop can be read here, and nothing calls back into it. */
public final class Train implements AutoCloseable {
    private final TrainConfig config;
    private final Contrastive contrastive;
    private final Path run;
    private final Device device;
    private final Network network;
    private final Network average;
    private final Adam adam;
    private final Ema ema;
    private final Schedule schedule;
    private final Schedule embeddingSchedule;
    private final FrequencyBank bank;
    private final Optional<Embedding> embedding;
    private final Snapshot snapshot;
    private final Guard guard;
    private final GradientNorm norm;
    private final GradientNorm pixelNorm;
    private final GradientNorm besideNorm;
    private final Batches batches;
    private final ValidationSet validation;
    private final CheckpointStore checkpoints;
    private final Tape tape;
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
        checkpoints = CheckpointStore.open(run, config.logger().keepLast(), this::isRegular, System.err::println);
        network = Parts.network(config, device);
        average = Parts.network(config, device);
        adam = new Adam(network.parameters(), Parts.adamOptions(config.train()));
        ema = new Ema(network.parameters(), average.parameters(), config.train().emaDecay());
        schedule = Parts.schedule(config.train());
        embeddingSchedule = Parts.embeddingSchedule(config.train());
        bank = Parts.bank(contrastive);
        embedding = contrastive.preset().contrasts() ? Optional.of(Parts.embedding(config, device)) : Optional.empty();
        snapshot = new Snapshot(network, average, adam, embedding);
        tape = Tape.recording(device);
        norm = GradientNorm.on(device);
        pixelNorm = GradientNorm.on(device);
        besideNorm = GradientNorm.on(device);
        Optional<Checkpoint> newest = resume ? checkpoints.newest() : Optional.empty();
        Map<String, Object> state = newest.map(Checkpoint::state).orElse(Map.of());
        if (newest.isPresent()) {
            snapshot.restore(newest.get());
        } else {
            config.path().pretrained().ifPresent(file -> ModelFile.load(file, Models.state(file), network));
            ema.reset();
        }
        guard = new Guard(config.train().guard(), state);
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
        validation = ValidationSet.read(config.datasets().validation(), config.scale(), convention);
    }

    /**
     * Prepares a run.
     *
     * @param run the run's folder
     * @param resume go on from its newest whole checkpoint, if it has one
     */
    public static Train open(TrainConfig config, Path run, boolean resume) {
        return new Train(config, run, resume, Device.open(config.device()));
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
            tape.reset();
            long before = System.nanoTime();
            Batches.Batch batch = batches.next(tape, step);
            long waited = System.nanoTime() - before;

            learn(batch, step);

            if (guard.verdict(step + 1) == Guard.Verdict.GO_BACK) {
                goBack(step + 1);
            }
            noted(step + 1, waited);
            if (stopping) {
                save(step + 1, OptionalDouble.empty());
                log.say("stopped after step " + (step + 1) + "; --resume goes on from there");
                return false;
            }
        }
        ModelFile.write(run.resolve("model.safetensors"), ModelFile.state(average, notes(steps)), DataType.F32);
        return true;
    }

    /** One step: forward, backward, update. One that goes wrong leaves the network's weights as they are. */
    private void learn(Batches.Batch batch, long step) {
        Tensor sr = network.forward(tape, batch.lr());
        Tensor pixels = L1Loss.apply(tape, pixelNorm.through(tape, sr), batch.hr());
        Map<String, Double> terms = new LinkedHashMap<>();
        if (!guard.acceptsPixels(pixels.item())) {
            return;
        }
        Tensor loss = scaled(pixels, config.train().pixel().weight());
        switch (contrastive.preset()) {
            case L1 -> {}
            case HAAR_L1 -> loss = Add.apply(tape, loss, haar(sr, batch, terms));
            case PCL, PCL_RELEASED -> loss = Add.apply(tape, loss, contrast(sr, batch, step, terms));
        }
        tape.backward(loss);

        ParameterSet parameters = network.parameters();
        parameters.completeGradients();
        norm.measure(parameters.gradients(), parameters.flatElements());
        if (!guard.acceptsGradient(loss.item(), norm.value())) {
            parameters.clearGradients();
            return;
        }
        adam.step(schedule.rate(step) * guard.rateFactor());
        ema.step(step);
        if (!contrastive.terms().isEmpty()) {
            terms.put("l1", (double) pixels.item());
            terms.put("grad_ratio", besideNorm.value() / Math.max(pixelNorm.value(), Double.MIN_NORMAL));
        }
        log.learnt(loss.item(), terms);
    }

    /** PCL: the embedding learns on results through which no gradient flows; then the network, through the embedding frozen. */
    private Tensor contrast(Tensor sr, Batches.Batch batch, long step, Map<String, Double> terms) {
        Embedding learner = embedding.orElseThrow();
        Samples samples = bank.wavelets(tape, batch.hr(), batch.lr(), config.seed(), step);
        double rate = embeddingSchedule.rate(step) * guard.rateFactor();
        float judged = learner.learn(sr.detach(), batch.hr(), samples, rate);
        guard.noteEmbedding(judged);
        Tensor seen = contrastive.gradient() ? besideNorm.through(tape, sr) : sr.detach();
        InfoNceLoss.Contrast contrast = learner.contrast(tape, seen, samples);
        terms.put("l_cl", (double) contrast.loss().item());
        terms.put("l_cld", (double) judged);
        terms.put("pos_sim", (double) contrast.positive());
        terms.put("neg_sim", (double) contrast.negative());
        return scaled(contrast.loss(), contrastive.weight());
    }

    /** The baseline without a network: mean absolute difference of the Haar bands. */
    private Tensor haar(Tensor sr, Batches.Batch batch, Map<String, Double> terms) {
        Tensor bands = HaarTransform.apply(tape, besideNorm.through(tape, sr));
        Tensor loss = L1Loss.apply(tape, bands, HaarTransform.apply(tape, batch.hr()));
        terms.put("l_haar", (double) loss.item());
        return scaled(loss, contrastive.weight());
    }

    private Tensor scaled(Tensor loss, double weight) {
        return weight == 1 ? loss : Scale.apply(tape, loss, (float) weight);
    }

    /** After too many wrong steps in a row: earlier weights, half the rate; data and time go on. */
    private void goBack(long step) {
        Checkpoint earlier =
                checkpoints.before(step - 2L * config.train().guard().patience());
        snapshot.restore(earlier);
        log.say("step %d: %s; back to the weights of step %d, with %s of the learning rate"
                .formatted(step, guard.wrong(), earlier.step(), guard.rateFactor()));
    }

    /** Logs a finished step, and validates and saves when it is time. */
    private void noted(long step, long waited) {
        log.step(step, batches.size(), schedule.rate(step - 1) * guard.rateFactor(), waited, guard.skipped());
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
                                + config.seed());
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
        batches.close();
        tape.close();
        norm.close();
        pixelNorm.close();
        besideNorm.close();
        embedding.ifPresent(Embedding::close);
        adam.close();
        network.parameters().close();
        average.parameters().close();
        device.close();
    }
}
