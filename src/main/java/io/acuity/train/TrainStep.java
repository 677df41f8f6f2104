package io.acuity.train;

import io.acuity.contrast.Embedding;
import io.acuity.contrast.FrequencyBank;
import io.acuity.contrast.Samples;
import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.Graph;
import io.acuity.device.Precision;
import io.acuity.op.Add;
import io.acuity.op.GradientNorm;
import io.acuity.op.HaarTransform;
import io.acuity.op.InfoNceLoss;
import io.acuity.op.L1Loss;
import io.acuity.op.PixelLoss;
import io.acuity.op.Scale;
import io.acuity.optim.Ema;
import io.acuity.optim.Schedule;
import io.acuity.optim.StepWatch;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One step of training: patches, forward, loss, backward, update. What it needs of the host comes by {@link Device#feed}, what it
 * decides is decided on the device by a {@link StepWatch}, and nothing in it waits. So the first step is run as it stands, which
 * takes all memory; the second is captured; from then on a step is one launch of a graph.
 */
final class TrainStep implements AutoCloseable {
    private final TrainConfig config;
    private final Contrastive contrastive;
    private final Device device;
    private final Snapshot parts;
    private final Batches batches;
    private final StepWatch watch;
    private final Ema ema;
    private final Schedule schedule;
    private final Schedule embeddingSchedule;
    private final FrequencyBank bank;
    private final GradientNorm norm;
    private final GradientNorm pixelNorm;
    private final GradientNorm besideNorm;
    private final Tape tape;
    private boolean ranDirectly;
    private @Nullable Graph graph;

    /** The step under way and the factor on its learning rates, as feeds read them. */
    private long step;

    private double factor;

    TrainStep(TrainConfig config, Device device, Snapshot parts, Batches batches, StepWatch watch) {
        this.config = config;
        this.device = device;
        this.parts = parts;
        this.batches = batches;
        this.watch = watch;
        contrastive = config.train().contrastive();
        ema = new Ema(
                parts.network().parameters(),
                parts.average().parameters(),
                config.train().emaDecay());
        schedule = Parts.schedule(config.train());
        embeddingSchedule = Parts.embeddingSchedule(config.train());
        bank = Parts.bank(contrastive);
        norm = GradientNorm.on(device);
        pixelNorm = GradientNorm.on(device);
        besideNorm = GradientNorm.on(device);
        tape = Tape.recording(device);
        tape.defers(device.precision() == Precision.BF16);
    }

    /** Makes the moving average equal to the network. */
    void resetAverage() {
        ema.reset();
    }

    /**
     * Starts a step; its report is the watch's when it has ended.
     *
     * @param number completed steps before it
     * @param rateFactor on every learning rate
     */
    void start(long number, double rateFactor) {
        step = number;
        factor = rateFactor;
        Graph ready = graph;
        if (ready == null && !ranDirectly) {
            work();
            ranDirectly = true;
            return;
        }
        if (ready == null) {
            parts.adam().prepare();
            parts.embedding().ifPresent(e -> e.adam().prepare());
            ready = device.capture(this::work);
            graph = ready;
        }
        ready.launch();
        // what is derived from parameters elsewhere is out of date
        parts.network().parameters().changed();
        parts.average().parameters().changed();
        parts.embedding().ifPresent(e -> e.network().parameters().changed());
    }

    /**
     * Drops the graph, after something else has changed parameters: a graph holds only the packing of weights that a step needs
     * after a step.
     */
    void renew() {
        if (graph != null) {
            graph.close();
            graph = null;
        }
        ranDirectly = false;
    }

    private void work() {
        tape.reset();
        Batches.Batch batch = batches.next(tape, () -> step);
        boolean picture = contrastive.preset() != Contrastive.Preset.L1;
        float weight = (float) config.train().pixel().weight();
        PixelLoss.Result pixels =
                parts.network().compare(tape, batch.lr(), new PixelLoss(batch.hr(), weight, pixelNorm, picture));
        watch.judgePixels(pixels.mean());
        Tensor loss = pixels.weighted();
        List<Buffer> terms = new ArrayList<>(List.of(pixelNorm.norm(), besideNorm.norm()));
        switch (contrastive.preset()) {
            case L1 -> {}
            case HAAR_L1 -> loss = Add.apply(tape, loss, haar(pixels.picture(), batch, terms));
            case PCL, PCL_RELEASED -> loss = Add.apply(tape, loss, contrast(pixels.picture(), batch, terms));
        }
        tape.backward(loss);

        ParameterSet parameters = parts.network().parameters();
        parameters.completeGradients();
        norm.measure(parameters.gradients(), parameters.flatElements());
        watch.judgeGradient(pixels.mean(), loss, norm, terms);
        parts.adam().step(() -> schedule.rate(step) * factor, watch.finding());
        ema.step(() -> step, watch.finding());
    }

    /** PCL: the embedding learns on results through which no gradient flows; then the network, through the embedding frozen. */
    private Tensor contrast(Tensor sr, Batches.Batch batch, List<Buffer> terms) {
        Embedding learner = parts.embedding().orElseThrow();
        Samples samples = bank.wavelets(tape, batch.hr(), batch.lr(), config.seed(), () -> step);
        learner.begin();
        Tensor judged =
                learner.learn(sr.detach(), batch.hr(), samples, () -> embeddingSchedule.rate(step) * factor, watch);
        Tensor seen = contrastive.gradient() ? besideNorm.through(tape, sr) : sr.detach();
        InfoNceLoss.Contrast contrast = learner.contrast(tape, seen, samples);
        learner.end(watch);
        terms.add(contrast.loss().data());
        terms.add(judged.data());
        Buffer similarities = contrast.similarities().data();
        terms.add(similarities.slice(0, Float.BYTES));
        terms.add(similarities.slice(Float.BYTES, Float.BYTES));
        return scaled(contrast.loss(), contrastive.weight());
    }

    /** The baseline without a network: mean absolute difference of the Haar bands. */
    private Tensor haar(Tensor sr, Batches.Batch batch, List<Buffer> terms) {
        Tensor bands = HaarTransform.apply(tape, besideNorm.through(tape, sr));
        Tensor loss = L1Loss.apply(tape, bands, HaarTransform.apply(tape, batch.hr()));
        terms.add(loss.data());
        return scaled(loss, contrastive.weight());
    }

    private Tensor scaled(Tensor loss, double weight) {
        return weight == 1 ? loss : Scale.apply(tape, loss, (float) weight);
    }

    /** The numbers of a report under the names of {@link Contrastive#terms}. */
    Map<String, Double> terms(StepWatch.Report report) {
        Map<String, Double> terms = new LinkedHashMap<>();
        int next = 2; // behind the two norms
        for (String term : contrastive.terms()) {
            terms.put(
                    term,
                    switch (term) {
                        case "l1" -> (double) report.pixels();
                        case "grad_ratio" ->
                            report.terms().get(1) / Math.max(report.terms().get(0), Double.MIN_NORMAL);
                        default -> (double) report.terms().get(next++);
                    });
        }
        return terms;
    }

    /** The network's learning rate in a step. */
    double rate(long number) {
        return schedule.rate(number);
    }

    @Override
    public void close() {
        renew();
        tape.close();
        norm.close();
        pixelNorm.close();
        besideNorm.close();
    }
}
