package io.acuity.benchmark;

/**
 * One contrastive training step as every library is to compute it: batch 16 of HR 192, four positive and four negative sets, the
 * released embedding network. Numbers come from {@link Lcg} alone; this class is compiled into the peers as well.
 */
final class PclInputs {
    static final int BATCH = 16;
    static final int SIZE = 192;
    static final int SCALE = 4;
    static final int SHARPENED = 3;
    static final int BLURRED = 3;
    static final int BLOCKS = 8;
    static final int TAP = 4;
    static final int FEATURES = 64;
    static final float ALPHA = 0.02f;
    static final double RATE = 1e-4;
    static final float[] MEAN = {0.4488f, 0.4371f, 0.4040f};

    private static final int[] TAPS = {3, 5, 7, 9, 11};
    private static final int COARSE = 13;

    /** HR patches, NCHW in [0, 1]: coarse structure with some noise on it. */
    final float[] hr = new float[BATCH * 3 * SIZE * SIZE];

    /** Their means over 4 x 4 pixels. */
    final float[] lr = new float[hr.length / SCALE / SCALE];

    /** How much each image is sharpened in each sharpened set, 1 to 3. */
    final float[][] factors = new float[SHARPENED][BATCH];

    /** Taps down and across, then standard deviations down and across, of each blurred set. */
    final double[][] blurs = new double[BLURRED][4];

    private PclInputs() {}

    static PclInputs make() {
        PclInputs inputs = new PclInputs();
        Lcg numbers = new Lcg(2111);
        for (int plane = 0; plane < BATCH * 3; plane++) {
            inputs.paint(plane, numbers);
        }
        for (float[] set : inputs.factors) {
            for (int image = 0; image < BATCH; image++) {
                set[image] = 1 + 2 * numbers.unit();
            }
        }
        for (double[] blur : inputs.blurs) {
            blur[0] = TAPS[(int) (TAPS.length * numbers.unit())];
            blur[1] = TAPS[(int) (TAPS.length * numbers.unit())];
            blur[2] = 0.1 + 1.9 * numbers.unit();
            blur[3] = 0.1 + 1.9 * numbers.unit();
        }
        return inputs;
    }

    private void paint(int plane, Lcg numbers) {
        float[] coarse = numbers.unit(COARSE * COARSE);
        int cell = SIZE / (COARSE - 1);
        for (int row = 0; row < SIZE; row++) {
            for (int column = 0; column < SIZE; column++) {
                int at = row / cell * COARSE + column / cell;
                float y = row % cell / (float) cell;
                float x = column % cell / (float) cell;
                float upper = coarse[at] + x * (coarse[at + 1] - coarse[at]);
                float lower = coarse[at + COARSE] + x * (coarse[at + COARSE + 1] - coarse[at + COARSE]);
                float value = 0.8f * (upper + y * (lower - upper)) + 0.2f * numbers.unit();
                hr[(plane * SIZE + row) * SIZE + column] = value;
                int small = SIZE / SCALE;
                lr[(plane * small + row / SCALE) * small + column / SCALE] += value / (SCALE * SCALE);
            }
        }
    }

    /** Weights of the trunk's block and its normalisation's factors and offsets. */
    record Block(Numbers weight, Numbers factor, Numbers offset) {}

    /** Numbers with the shape they stand for. */
    static final class Numbers {
        final float[] values;
        final long[] shape;

        Numbers(float[] values, long... shape) {
            this.values = values;
            this.shape = shape;
        }
    }

    static int inputs(int block) {
        return block == 0 ? 9 : outputs(block - 1);
    }

    static int outputs(int block) {
        return FEATURES << (block / 2);
    }

    /** First weights of the embedding network: its blocks, then its head. */
    static final class Embedding {
        final Block[] blocks = new Block[BLOCKS];
        final Numbers headWeight;
        final Numbers headBias;

        Embedding() {
            Lcg numbers = new Lcg(1113924);
            for (int b = 0; b < BLOCKS; b++) {
                int in = inputs(b);
                int out = outputs(b);
                float bound = (float) Math.sqrt(1.0 / (9 * in));
                Numbers weight = new Numbers(numbers.symmetric(out * in * 9, bound), out, in, 3, 3);
                float[] factor = numbers.symmetric(out, 0.1f);
                for (int i = 0; i < out; i++) {
                    factor[i] += 1;
                }
                blocks[b] = new Block(weight, new Numbers(factor, out), new Numbers(numbers.symmetric(out, 0.1f), out));
            }
            int last = outputs(BLOCKS - 1);
            float bound = (float) Math.sqrt(1.0 / last);
            headWeight = new Numbers(numbers.symmetric(last, bound), 1, last, 1, 1);
            headBias = new Numbers(numbers.symmetric(1, bound), 1);
        }
    }
}
