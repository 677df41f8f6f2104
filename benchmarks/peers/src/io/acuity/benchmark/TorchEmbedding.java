package io.acuity.benchmark;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The embedding network: eight blocks of convolution, batch norm and leaky ReLU over Haar bands, and the patch head. */
final class TorchEmbedding {
    private static final long[] ONE = {1, 1};
    private static final long[] TWO = {2, 2};
    private static final long[] NONE = {0, 0};

    final TensorVector parameters = new TensorVector();
    private final Tensor[] weight = new Tensor[PclInputs.BLOCKS];
    private final Tensor[] factor = new Tensor[PclInputs.BLOCKS];
    private final Tensor[] offset = new Tensor[PclInputs.BLOCKS];
    private final Tensor[] mean = new Tensor[PclInputs.BLOCKS];
    private final Tensor[] variance = new Tensor[PclInputs.BLOCKS];
    private final Tensor headWeight;
    private final Tensor headBias;
    private final Tensor haar;
    private final Scalar slope = new Scalar(0.2);

    TorchEmbedding() {
        PclInputs.Embedding first = new PclInputs.Embedding();
        for (int b = 0; b < PclInputs.BLOCKS; b++) {
            weight[b] = parameter(Torch.channelsLast(Torch.of(first.blocks[b].weight())));
            factor[b] = parameter(Torch.of(first.blocks[b].factor()));
            offset[b] = parameter(Torch.of(first.blocks[b].offset()));
            mean[b] = torch.zeros(PclInputs.outputs(b));
            variance[b] = torch.ones(PclInputs.outputs(b));
        }
        headWeight = parameter(Torch.of(first.headWeight));
        headBias = parameter(Torch.of(first.headBias));
        haar = Torch.channelsLast(Torch.of(haarWeights(), 9, 3, 2, 2));
    }

    private Tensor parameter(Tensor value) {
        Tensor parameter = value.requires_grad_(true);
        parameters.push_back(parameter);
        return parameter;
    }

    /** Bands LH, HL, HH of R, G and B in one convolution of stride 2. */
    private static float[] haarWeights() {
        float[][] signs = {{1, 1, -1, -1}, {1, -1, 1, -1}, {1, -1, -1, 1}};
        float[] weights = new float[9 * 3 * 4];
        for (int band = 0; band < 3; band++) {
            for (int colour = 0; colour < 3; colour++) {
                for (int i = 0; i < 4; i++) {
                    weights[((band * 3 + colour) * 3 + colour) * 4 + i] = 0.5f * signs[band][i];
                }
            }
        }
        return weights;
    }

    void trains(boolean on) {
        for (long i = 0; i < parameters.size(); i++) {
            parameters.get(i).requires_grad_(on);
        }
    }

    Tensor bands(Tensor images) {
        return torch.conv2d(images, haar, new TensorOptional(), TWO, NONE, ONE, 1);
    }

    private Tensor block(Tensor x, int b) {
        Tensor y = torch.conv2d(x, weight[b], new TensorOptional(), b % 2 == 1 ? TWO : ONE, ONE, ONE, 1);
        y = torch.batch_norm(
                y,
                new TensorOptional(factor[b]),
                new TensorOptional(offset[b]),
                new TensorOptional(mean[b]),
                new TensorOptional(variance[b]),
                true,
                0.1,
                1e-5,
                false);
        return torch.leaky_relu_(y, slope);
    }

    /** Features of the tapped block: of one set, whose statistics they are normalised by. */
    Tensor features(Tensor bands) {
        Tensor x = bands;
        for (int b = 0; b <= PclInputs.TAP; b++) {
            x = block(x, b);
        }
        return x;
    }

    /** One number for each of 16 patches of each image of one set, in a row. */
    Tensor logits(Tensor bands) {
        Tensor x = bands;
        for (int b = 0; b < PclInputs.BLOCKS; b++) {
            x = block(x, b);
        }
        x = torch.adaptive_avg_pool2d(x, 4, 4);
        return torch.conv2d(x, headWeight, new TensorOptional(headBias), ONE, NONE, ONE, 1)
                .reshape(-1);
    }
}
