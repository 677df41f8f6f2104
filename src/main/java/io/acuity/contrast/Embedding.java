package io.acuity.contrast;

import io.acuity.device.Device;
import io.acuity.op.DualContrastiveLoss;
import io.acuity.op.GradientNorm;
import io.acuity.op.HaarTransform;
import io.acuity.op.InfoNceLoss;
import io.acuity.op.Join;
import io.acuity.optim.Adam;
import io.acuity.optim.StepWatch;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;

/**
 * The embedding network and its learning: it learns, as a discriminator, to tell the network's results from real images, and
 * what its blocks then see of an image is what results and samples are compared by.
 *
 * <p>The two never meet in one differentiation: {@link #learn} has a tape of its own, and {@link #contrast} goes through the
 * network while it is frozen, so that the gradient reaches the result alone.
 */
public final class Embedding implements AutoCloseable {
    /**
     * How it learns and compares.
     *
     * @param network what the network is made of
     * @param taps the blocks whose feature maps are compared
     * @param beforeActivation compare what goes into the activation
     * @param loss form of the contrastive loss
     * @param learnsSamples whether sharpened images are learnt as real and blurred ones as not
     * @param adam of the network
     */
    public record Options(
            EmbeddingNetwork.Options network,
            List<Integer> taps,
            boolean beforeActivation,
            InfoNceLoss.Options loss,
            boolean learnsSamples,
            Adam.Options adam) {
        public Options {
            taps = List.copyOf(taps);
        }
    }

    private final Options options;
    private final BankOptions samples;
    private final EmbeddingNetwork network;
    private final Adam adam;
    private final GradientNorm norm;
    private final Tape tape;
    private List<Long> before = List.of();

    /** How many sets one step moves each block's averages by. */
    private List<Long> moved = List.of();

    private Embedding(Device device, long seed, Options options, BankOptions samples) {
        this.options = options;
        this.samples = samples;
        network = EmbeddingNetwork.create(device, seed, options.network());
        adam = new Adam(network.parameters(), options.adam());
        norm = GradientNorm.on(device);
        tape = Tape.recording(device);
    }

    /** A network with first weights drawn from {@code seed}, for samples that {@code bank} makes. */
    public static Embedding create(Device device, long seed, Options options, BankOptions bank) {
        return new Embedding(device, seed, options, bank);
    }

    /** The network. */
    public EmbeddingNetwork network() {
        return network;
    }

    /** The optimizer of {@link #learn}. */
    public Adam adam() {
        return adam;
    }

    /**
     * One step of the discriminator by the dual contrastive loss; a step that is not good, or whose loss or gradient here is not
     * finite, changes no weight.
     *
     * @param sr results [N, 3, H, W], detached
     * @param hr what they should be
     * @param drawn the step's samples as Haar bands
     * @param rate asked for at each replay where a graph is captured
     * @param watch judges the step
     * @return the loss, [1, 1, 1, 1], until the next call
     */
    public Tensor learn(Tensor sr, Tensor hr, Samples drawn, DoubleSupplier rate, StepWatch watch) {
        tape.reset();
        network.parameters().trains(true);
        Tensor real = logits(HaarTransform.features(tape, hr));
        Tensor fake = logits(HaarTransform.features(tape, sr.detach()));
        if (options.learnsSamples()) {
            int originals = samples.onlyAugmented() ? 0 : 1;
            for (int k = 0; k < samples.sharpened(); k++) {
                real = Join.apply(tape, real, logits(drawn.set(originals + k)));
            }
            for (int k = 0; k < samples.blurred(); k++) {
                fake = Join.apply(tape, fake, logits(drawn.set(drawn.positives() + originals + k)));
            }
        }
        Tensor loss = DualContrastiveLoss.apply(tape, real, fake);
        tape.backward(loss);
        network.parameters().completeGradients();
        norm.measure(network.parameters().gradients(), network.parameters().flatElements());
        watch.judgeEmbedding(loss, norm);
        adam.step(rate, watch.finding());
        return loss;
    }

    private Tensor logits(Tensor bands) {
        return network.logits(tape, bands, 1);
    }

    /**
     * The contrastive loss of results against their samples; its gradient reaches {@code sr} and nothing else.
     *
     * @param sr results [N, 3, H, W]
     * @param drawn the step's samples as Haar bands
     */
    public InfoNceLoss.Contrast contrast(Tape through, Tensor sr, Samples drawn) {
        network.parameters().trains(false);
        Tensor bands = HaarTransform.features(through, sr);
        int n = sr.shape().n();
        List<InfoNceLoss.Layer> layers = new ArrayList<>();
        if (options.network().statistics() == EmbeddingNetwork.Statistics.JOINT) {
            // one set of statistics wants one call: the results first, all samples behind them
            Features all = features(through, Join.apply(through, bands, drawn.images()), 1 + drawn.sets());
            for (int tap : options.taps()) {
                Tensor map = all.map(tap);
                layers.add(new InfoNceLoss.Layer(Join.first(through, map, n), Join.rest(map, n)));
            }
        } else {
            Features results = features(through, bands, 1);
            Features others = features(through, drawn.images(), drawn.sets());
            for (int tap : options.taps()) {
                layers.add(new InfoNceLoss.Layer(results.map(tap), others.map(tap)));
            }
        }
        return InfoNceLoss.apply(through, layers, drawn.positives(), options.loss());
    }

    private Features features(Tape through, Tensor bands, int sets) {
        return network.features(through, bands, sets, options.taps(), options.beforeActivation());
    }

    /**
     * Before {@link #learn} in a step that may turn out wrong: its moving averages can be had back. They are moved by what is done
     * between this and {@link #end}, but not counted before {@link #count}.
     */
    public void begin() {
        network.keepAverages();
        before = network.batches();
    }

    /** After {@link #contrast}: the averages are what they were, if the step is not good so far. */
    public void end(StepWatch watch) {
        network.revertAverages(watch);
        List<Long> after = network.batches();
        moved = IntStream.range(0, after.size())
                .mapToObj(block -> after.get(block) - before.get(block))
                .toList();
        network.batches(before);
    }

    /** Counts a step in which the averages were moved. */
    public void count() {
        List<Long> now = network.batches();
        network.batches(IntStream.range(0, now.size())
                .mapToObj(block -> now.get(block) + moved.get(block))
                .toList());
    }

    @Override
    public void close() {
        tape.close();
        norm.close();
        adam.close();
        network.close();
    }
}
