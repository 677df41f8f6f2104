package io.acuity.benchmark;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Positives and negatives of a batch: HR and its sharpened copies, enlarged LR and blurred copies of HR. */
final class TorchBank {
    private static final long[] ONE = {1, 1};
    private static final long[] NONE = {0, 0};
    private static final Scalar ZERO = new Scalar(0.0);
    private static final ScalarOptional LOW = new ScalarOptional(ZERO);
    private static final ScalarOptional HIGH = new ScalarOptional(new Scalar(1.0));

    private final Tensor smoothing;
    private final Tensor[] gain = new Tensor[PclInputs.SHARPENED];
    private final Tensor[] down = new Tensor[PclInputs.BLURRED];
    private final Tensor[] across = new Tensor[PclInputs.BLURRED];

    TorchBank(PclInputs inputs) {
        float each = 1 / 13f;
        float[] detail = {-each, -each, -each, -each, 1 - 5 * each, -each, -each, -each, -each};
        smoothing = Torch.of(repeated(detail), 3, 1, 3, 3);
        for (int k = 0; k < gain.length; k++) {
            float[] gains = inputs.factors[k].clone();
            for (int i = 0; i < gains.length; i++) {
                gains[i] -= 1;
            }
            gain[k] = Torch.of(gains, gains.length, 1, 1, 1);
        }
        for (int k = 0; k < down.length; k++) {
            double[] blur = inputs.blurs[k];
            down[k] = Torch.of(repeated(gaussian((int) blur[0], blur[2])), 3, 1, (long) blur[0], 1);
            across[k] = Torch.of(repeated(gaussian((int) blur[1], blur[3])), 3, 1, 1, (long) blur[1]);
        }
    }

    private static float[] repeated(float[] kernel) {
        float[] three = new float[3 * kernel.length];
        for (int i = 0; i < three.length; i++) {
            three[i] = kernel[i % kernel.length];
        }
        return three;
    }

    private static float[] gaussian(int taps, double sigma) {
        double[] weights = new double[taps];
        double sum = 0;
        for (int i = 0; i < taps; i++) {
            int x = i - taps / 2;
            weights[i] = Math.exp(-x * x / (2 * sigma * sigma));
            sum += weights[i];
        }
        float[] kernel = new float[taps];
        for (int i = 0; i < taps; i++) {
            kernel[i] = (float) (weights[i] / sum);
        }
        return kernel;
    }

    /** To 8-bit levels, in place. */
    private static Tensor rounded(Tensor x) {
        Scalar levels = new Scalar(255.0);
        return torch.round_(torch.clamp_(x, LOW, HIGH).mul_(levels)).div_(levels);
    }

    /** All sets, positives first. */
    Tensor[] draw(Tensor hr, Tensor lr) {
        long size = PclInputs.SIZE;
        Tensor[] sets = new Tensor[2 + PclInputs.SHARPENED + PclInputs.BLURRED];
        sets[0] = hr;
        Tensor inner = torch.conv2d(hr, smoothing, new TensorOptional(), ONE, NONE, ONE, 3);
        Tensor detail = torch.constant_pad_nd(inner, new long[] {1, 1, 1, 1}, ZERO);
        for (int k = 0; k < PclInputs.SHARPENED; k++) {
            sets[1 + k] = rounded(torch.addcmul(hr, detail, gain[k], new Scalar(1.0)));
        }
        int negatives = 1 + PclInputs.SHARPENED;
        sets[negatives] =
                torch.clamp_(torch.upsample_bicubic2d(lr, new long[] {size, size}, true), LOW, HIGH);
        for (int k = 0; k < PclInputs.BLURRED; k++) {
            long y = down[k].size(2) / 2;
            long x = across[k].size(3) / 2;
            Tensor wide = torch.reflection_pad2d(hr, x, x, y, y);
            wide = torch.conv2d(wide, down[k], new TensorOptional(), ONE, NONE, ONE, 3);
            sets[negatives + 1 + k] = rounded(torch.conv2d(wide, across[k], new TensorOptional(), ONE, NONE, ONE, 3));
        }
        return sets;
    }
}
