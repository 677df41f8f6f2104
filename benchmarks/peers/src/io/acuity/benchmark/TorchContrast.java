package io.acuity.benchmark;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.NormalizeFuncOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** InfoNCE with several positives: mean cosines of feature maps, each positive against all negatives. */
final class TorchContrast {
    private static final long[] INNER = {1, 2, 3};

    private TorchContrast() {}

    /** Each pixel's features at length 1. */
    static Tensor directions(Tensor features) {
        NormalizeFuncOptions options = new NormalizeFuncOptions();
        options.p().put(2.0);
        options.dim().put(1);
        options.eps().put(1e-12);
        return torch.normalize(features, options);
    }

    /** The loss of directions [N, C, h, w] against those of its sets, positives first. */
    static Tensor loss(Tensor sr, TensorVector samples, int positives) {
        double each = 1.0 / (sr.size(2) * sr.size(3));
        TensorVector similarities = new TensorVector();
        for (long k = 0; k < samples.size(); k++) {
            similarities.push_back(sr.mul(samples.get(k)).sum(INNER));
        }
        Tensor s = torch.stack(similarities, 1).mul(new Scalar(each));
        Tensor positive = s.narrow(1, 0, positives);
        Tensor negative = torch.logsumexp(s.narrow(1, positives, s.size(1) - positives), new long[] {1}, true);
        return torch.softplus(negative.sub(positive)).mean();
    }

    /** Loss and gradient of 16 maps of 256 features with four positives and four negatives each. */
    static Runnable alone(int side) {
        int count = 16 * 256 * side * side;
        Tensor sr = Torch.channelsLast(Torch.of(new Lcg(6).symmetric(count, 1), 16, 256, side, side))
                .requires_grad_(true);
        float[] all = new Lcg(7).symmetric(8 * count, 1);
        Tensor[] sets = new Tensor[8];
        for (int k = 0; k < sets.length; k++) {
            float[] set = new float[count];
            System.arraycopy(all, k * count, set, 0, count);
            sets[k] = Torch.channelsLast(Torch.of(set, 16, 256, side, side));
        }
        boolean[] checked = {false};
        return () -> {
            try (PointerScope scope = new PointerScope()) {
                if (sr.grad().defined()) {
                    sr.mutable_grad().reset();
                }
                TensorVector samples = new TensorVector();
                try (NoGradGuard guard = new NoGradGuard()) {
                    for (Tensor set : sets) {
                        samples.push_back(directions(set));
                    }
                }
                Tensor loss = loss(directions(sr), samples, 4);
                loss.backward();
                if (!checked[0]) {
                    checked[0] = true;
                    float[] gradient = Torch.floats(sr.grad());
                    System.err.printf(
                            "CHECK W5 %d loss %.6f gradient %.6e %.6e%n",
                            side, loss.item_float(), gradient[0], gradient[gradient.length - 1]);
                }
            }
        };
    }
}
