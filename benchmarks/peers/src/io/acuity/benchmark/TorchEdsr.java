package io.acuity.benchmark;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** EDSR-S x4 with the weights of {@link Lcg} 12345. */
final class TorchEdsr {
    private static final long[] ONE = {1, 1};
    private static final int BLOCKS = 16;
    private static final int WIDTH = 64;
    private static final int LAYERS = 2 * BLOCKS + 5;

    final TensorVector parameters = new TensorVector();
    private final Tensor[] weight = new Tensor[LAYERS];
    private final Tensor[] bias = new Tensor[LAYERS];
    private final Tensor mean = Torch.channelsLast(Torch.of(PclInputs.MEAN, 1, 3, 1, 1));

    TorchEdsr() {
        Lcg numbers = new Lcg(12345);
        for (int i = 0; i < LAYERS; i++) {
            int in = i == 0 ? 3 : WIDTH;
            int out = i == LAYERS - 1 ? 3 : i >= LAYERS - 3 ? 4 * WIDTH : WIDTH;
            float bound = (float) Math.sqrt(1.0 / (in * 9));
            weight[i] = Torch.channelsLast(Torch.of(numbers.symmetric(out * in * 9, bound), out, in, 3, 3))
                    .requires_grad_(true);
            bias[i] = Torch.of(numbers.symmetric(out, bound), out).requires_grad_(true);
            parameters.push_back(weight[i]);
            parameters.push_back(bias[i]);
        }
    }

    Tensor weight(int layer) {
        return weight[layer];
    }

    Tensor bias(int layer) {
        return bias[layer];
    }

    private Tensor conv(Tensor x, int i) {
        return torch.conv2d(x, weight[i], new TensorOptional(bias[i]), ONE, ONE, ONE, 1);
    }

    Tensor forward(Tensor lr) {
        Tensor h = conv(lr.sub(mean), 0);
        Tensor x = h;
        for (int k = 0; k < BLOCKS; k++) {
            x = conv(torch.relu_(conv(x, 1 + 2 * k)), 2 + 2 * k).add_(x);
        }
        x = conv(x, LAYERS - 4).add_(h);
        x = torch.pixel_shuffle(conv(x, LAYERS - 3), 2);
        x = torch.pixel_shuffle(conv(x, LAYERS - 2), 2);
        return conv(x, LAYERS - 1).add_(mean);
    }
}
