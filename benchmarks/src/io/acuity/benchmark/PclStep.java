package io.acuity.benchmark;

import io.acuity.contrast.EmbeddingNetwork;
import io.acuity.contrast.Samples;
import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.op.Add;
import io.acuity.op.DirectBank;
import io.acuity.op.DirectBank.Filter;
import io.acuity.op.DirectBank.Row;
import io.acuity.op.DualContrastiveLoss;
import io.acuity.op.Gaussian;
import io.acuity.op.HaarTransform;
import io.acuity.op.InfoNceLoss;
import io.acuity.op.Join;
import io.acuity.op.L1Loss;
import io.acuity.op.Scale;
import io.acuity.optim.Adam;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One contrastive training step of EDSR-S x4 on {@link PclInputs}, cut into stages: the embedding network learns on the detached
 * result, then the network learns by L1 and InfoNCE through the frozen embedding.
 */
final class PclStep implements Runnable {
    /** Steps whose losses and gradients are read and printed. */
    static final int CHECKED = 3;

    private static final int POSITIVES = 1 + PclInputs.SHARPENED;
    private static final int SETS = POSITIVES + 1 + PclInputs.BLURRED;

    private final String name;
    private final boolean learnsSamples;
    private final Stages stages;
    private final Edsr network;
    private final EmbeddingNetwork embedding;
    private final Adam adam;
    private final Adam embeddingAdam;
    private final Tensor lr;
    private final Tensor hr;
    private final List<Row> rows;
    private final Tape tape;
    private final Tape learning;
    private int steps;

    /**
     * A step that {@code name} is printed with.
     *
     * @param collapsed whether the network's linear tail is one convolution
     * @param learnsSamples whether the discriminator learns sharpened images as real and blurred ones as not
     */
    PclStep(Device device, String name, boolean collapsed, boolean learnsSamples, Stages stages) {
        this.name = name;
        this.learnsSamples = learnsSamples;
        this.stages = stages;
        PclInputs inputs = PclInputs.make();
        network = Peer.network(device, collapsed);
        embedding = EmbeddingNetwork.create(device, 0, EmbeddingNetwork.Options.RELEASED);
        load(embedding.parameters());
        adam = new Adam(network.parameters(), Adam.Options.DEFAULT);
        embeddingAdam = new Adam(embedding.parameters(), Adam.Options.DEFAULT);
        lr = fixed(device, PclInputs.SIZE / PclInputs.SCALE, inputs.lr);
        hr = fixed(device, PclInputs.SIZE, inputs.hr);
        rows = rows(inputs);
        tape = Tape.recording(device);
        learning = Tape.recording(device);
    }

    private static Tensor fixed(Device device, int side, float[] values) {
        Shape shape = new Shape(PclInputs.BATCH, 3, side, side);
        Tensor tensor = Tensor.of(shape, device.allocate(shape.elements() * Float.BYTES));
        tensor.set(values);
        return tensor;
    }

    private static void load(ParameterSet parameters) {
        PclInputs.Embedding first = new PclInputs.Embedding();
        for (int b = 0; b < PclInputs.BLOCKS; b++) {
            String block = "features." + 2 * b;
            parameters.write(block + ".0.weight", first.blocks[b].weight().values);
            parameters.write(block + ".1.weight", first.blocks[b].factor().values);
            parameters.write(block + ".1.bias", first.blocks[b].offset().values);
        }
        parameters.write("classifier.1.weight", first.headWeight.values);
        parameters.write("classifier.1.bias", first.headBias.values);
    }

    private static List<Row> rows(PclInputs inputs) {
        List<Row> rows = new ArrayList<>();
        set(rows, new Filter.Copy());
        for (float[] factors : inputs.factors) {
            for (int image = 0; image < factors.length; image++) {
                rows.add(new Row(image, new Filter.Sharpen(factors[image])));
            }
        }
        set(rows, new Filter.Enlarge());
        for (double[] blur : inputs.blurs) {
            set(rows, new Filter.Blur(new Gaussian((int) blur[0], (int) blur[1], blur[2], blur[3])));
        }
        return rows;
    }

    private static void set(List<Row> rows, Filter filter) {
        for (int image = 0; image < PclInputs.BATCH; image++) {
            rows.add(new Row(image, filter));
        }
    }

    @Override
    public void run() {
        boolean check = steps++ < CHECKED;
        tape.reset();
        stages.start();
        Tensor sr = marked(network.forward(tape, lr));
        stages.end("sr-forward");

        Samples samples = new Samples(DirectBank.haar(tape, hr, lr, rows), POSITIVES, SETS - POSITIVES);
        stages.end("bank");

        learn(sr, samples, check);
        stages.end("d-adam");

        embedding.parameters().trains(false);
        Tensor features = features(samples.images(), SETS);
        stages.end("samples");

        Tensor ofSr = features(HaarTransform.features(tape, sr), 1);
        Tensor contrast = InfoNceLoss.apply(tape, ofSr, features, POSITIVES, InfoNceLoss.Options.DEFAULT)
                .loss();
        Tensor l1 = L1Loss.apply(tape, sr, hr);
        Tensor loss = Add.apply(tape, l1, Scale.apply(tape, contrast, PclInputs.ALPHA));
        stages.end("contrast-forward");

        tape.backward(loss);
        embedding.parameters().trains(true);
        stages.end("sr-backward");
        if (check) {
            report(l1, contrast);
            stages.start();
        }
        adam.step(PclInputs.RATE);
        stages.end("sr-adam");
    }

    private Tensor features(Tensor bands, int sets) {
        return embedding
                .features(tape, bands, sets, List.of(PclInputs.TAP), false)
                .map(PclInputs.TAP);
    }

    private void learn(Tensor sr, Samples samples, boolean check) {
        learning.reset();
        int reals = learnsSamples ? POSITIVES : 1;
        Tensor real = embedding.logits(learning, samples.range(0, reals), reals);
        Tensor fake = embedding.logits(learning, HaarTransform.features(learning, sr.detach()), 1);
        if (learnsSamples) {
            Tensor blurred = samples.range(POSITIVES + 1, PclInputs.BLURRED);
            fake = Join.apply(learning, fake, embedding.logits(learning, blurred, PclInputs.BLURRED));
        }
        Tensor loss = DualContrastiveLoss.apply(learning, real, fake);
        stages.end("d-forward");
        learning.backward(loss);
        stages.end("d-backward");
        if (check) {
            double norm = norm(embedding.parameters());
            System.err.printf(Locale.ROOT, "CHECK %s step %d D: %.6f gradient %.6e%n", name, steps, loss.item(), norm);
            stages.start();
        }
        embeddingAdam.step(PclInputs.RATE);
    }

    /** The same tensor; when its gradient is complete, that of the losses ends and that of the network begins. */
    private Tensor marked(Tensor sr) {
        Tensor same = tape.overwritten(sr, sr);
        tape.record(same, gradient -> {
            stages.end("contrast-backward");
            tape.pass(same, sr, (_, _) -> {
                throw new IllegalStateException("pcl step: want one use of the network's result, have more");
            });
        });
        return same;
    }

    private void report(Tensor l1, Tensor contrast) {
        ParameterSet p = network.parameters();
        System.err.printf(
                Locale.ROOT,
                "CHECK %s step %d L1 %.6f CL %.6f SR gradient %.6e head %.6e body %.6e tail %.6e%n",
                name,
                steps,
                l1.item(),
                contrast.item(),
                norm(p),
                gradient(p, "head.0.weight")[0],
                gradient(p, "body.7.body.0.weight")[100],
                gradient(p, "tail.1.bias")[1]);
    }

    private static float[] gradient(ParameterSet parameters, String of) {
        float @Nullable [] gradient = parameters.parameter(of).gradientArray();
        if (gradient == null) {
            throw new IllegalStateException("pcl step: want a gradient of " + of + ", have none");
        }
        return gradient;
    }

    private static double norm(ParameterSet parameters) {
        double squares = 0;
        for (String each : parameters.byName().keySet()) {
            for (float g : gradient(parameters, each)) {
                squares += (double) g * g;
            }
        }
        return Math.sqrt(squares);
    }
}
