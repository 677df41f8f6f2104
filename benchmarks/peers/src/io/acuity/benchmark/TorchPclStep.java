package io.acuity.benchmark;

import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * One contrastive training step: the discriminator learns on the detached result, then the network learns by L1 and InfoNCE
 * through the frozen embedding. Samples are embedded without a graph, and no further than the tap.
 */
final class TorchPclStep implements Runnable {
    private static final int CHECKED = 3;

    private final PclInputs inputs = PclInputs.make();
    private final TorchEdsr network = new TorchEdsr();
    private final TorchEmbedding embedding = new TorchEmbedding();
    private final TorchBank bank = new TorchBank(inputs);
    private final Adam adam = new Adam(network.parameters, new AdamOptions(PclInputs.RATE));
    private final Adam embeddingAdam = new Adam(embedding.parameters, new AdamOptions(PclInputs.RATE));
    private final Tensor lr;
    private final Tensor hr;
    private final boolean learnsSamples;
    private final Stages stages;
    private final String name;
    private int steps;

    /**
     * One step of {@code name}.
     *
     * @param learnsSamples whether the discriminator learns sharpened and blurred images too
     */
    TorchPclStep(String name, boolean learnsSamples, Stages stages) {
        this.name = name;
        this.learnsSamples = learnsSamples;
        this.stages = stages;
        long small = PclInputs.SIZE / PclInputs.SCALE;
        lr = Torch.channelsLast(Torch.of(inputs.lr, PclInputs.BATCH, 3, small, small));
        hr = Torch.channelsLast(Torch.of(inputs.hr, PclInputs.BATCH, 3, PclInputs.SIZE, PclInputs.SIZE));
    }

    @Override
    public void run() {
        try (PointerScope scope = new PointerScope()) {
            step();
        }
    }

    private void step() {
        boolean check = steps++ < CHECKED;
        stages.start();
        adam.zero_grad();
        Tensor sr = network.forward(lr);
        stages.end("sr-forward");

        Tensor[] bands;
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor[] sets = bank.draw(hr, lr);
            bands = new Tensor[sets.length];
            for (int k = 0; k < sets.length; k++) {
                bands[k] = embedding.bands(sets[k]);
            }
        }
        stages.end("bank");

        double learnt = learn(sr.detach(), bands, check);
        stages.end("d-adam");

        TensorVector embedded = new TensorVector();
        try (NoGradGuard guard = new NoGradGuard()) {
            for (Tensor set : bands) {
                embedded.push_back(TorchContrast.directions(embedding.features(set)));
            }
        }
        stages.end("samples");

        embedding.trains(false);
        Tensor leaf = sr.detach().requires_grad_(true);
        Tensor contrast = TorchContrast.loss(
                TorchContrast.directions(embedding.features(embedding.bands(leaf))), embedded, 1 + PclInputs.SHARPENED);
        Tensor l1 = torch.l1_loss(leaf, hr);
        Tensor loss = l1.add(contrast, new Scalar(PclInputs.ALPHA));
        stages.end("contrast-forward");
        loss.backward();
        embedding.trains(true);
        stages.end("contrast-backward");
        sr.backward(
                leaf.grad(), new BoolOptional(false), false, new TensorArrayRefOptional());
        stages.end("sr-backward");
        if (check) {
            report(l1, contrast, leaf.grad(), learnt);
            stages.start();
        }
        adam.step();
        stages.end("sr-adam");
    }

    private double learn(Tensor sr, Tensor[] bands, boolean check) {
        embeddingAdam.zero_grad();
        Tensor real = embedding.logits(bands[0]);
        Tensor fake;
        try (NoGradGuard guard = new NoGradGuard()) {
            fake = embedding.bands(sr);
        }
        fake = embedding.logits(fake);
        if (learnsSamples) {
            TensorVector reals = new TensorVector(real);
            TensorVector fakes = new TensorVector(fake);
            for (int k = 1; k <= PclInputs.SHARPENED; k++) {
                reals.push_back(embedding.logits(bands[k]));
            }
            for (int k = 0; k < PclInputs.BLURRED; k++) {
                fakes.push_back(embedding.logits(bands[2 + PclInputs.SHARPENED + k]));
            }
            real = torch.cat(reals, 0);
            fake = torch.cat(fakes, 0);
        }
        Tensor loss = half(real, fake).add(half(fake.neg(), real.neg()));
        stages.end("d-forward");
        loss.backward();
        stages.end("d-backward");
        double value = check ? loss.item_float() : 0;
        if (check) {
            System.err.printf(Locale.ROOT, "CHECK %s step %d D: %.6f gradient %.6e%n", name, steps, value, Torch.gradientNorm(embedding.parameters));
            stages.start();
        }
        embeddingAdam.step();
        return value;
    }

    /** mean_i log(1 + exp(log sum exp(b) - a_i)) */
    private static Tensor half(Tensor a, Tensor b) {
        return torch.softplus(torch.logsumexp(b, 0).sub(a)).mean();
    }

    private void report(Tensor l1, Tensor contrast, Tensor wrtSr, double learnt) {
        float[] g = Torch.floats(wrtSr);
        double squares = 0;
        for (float v : g) {
            squares += (double) v * v;
        }
        System.err.printf(
                Locale.ROOT,
                "CHECK %s step %d L1 %.6f CL %.6f CLD %.6f dSR %.6e SR gradient %.6e head %.6e body %.6e tail %.6e%n",
                name,
                steps,
                l1.item_float(),
                contrast.item_float(),
                learnt,
                Math.sqrt(squares),
                Torch.gradientNorm(network.parameters),
                Torch.floats(network.weight(0).grad())[0],
                Torch.floats(network.weight(15).grad())[100],
                Torch.floats(network.bias(36).grad())[1]);
    }
}
