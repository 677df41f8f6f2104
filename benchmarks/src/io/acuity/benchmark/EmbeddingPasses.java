package io.acuity.benchmark;

import io.acuity.contrast.EmbeddingNetwork;
import io.acuity.device.Device;
import io.acuity.op.DualContrastiveLoss;
import io.acuity.optim.Adam;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The embedding network's three passes of a contrastive step: the discriminator learns on SR and HR; samples are embedded
 * without gradient; SR is embedded, and a gradient of its features goes back to the images. Fifth block's features, fp32.
 */
final class EmbeddingPasses implements AutoCloseable {
    private static final int TAP = 4;

    private final int images;
    private final int side;
    private final int sampleSets;
    private final EmbeddingNetwork network;
    private final Adam adam;
    private final Tape tape;
    private final Tensor real;
    private final Tensor fake;
    private final Tensor samples;
    private final Tensor seed;

    /** {@code images} a set, wavelet bands of {@code side} x {@code side}, {@code sampleSets} sets of samples. */
    EmbeddingPasses(Device device, int images, int side, int sampleSets) {
        this.images = images;
        this.side = side;
        this.sampleSets = sampleSets;
        network = EmbeddingNetwork.create(device, 1, EmbeddingNetwork.Options.RELEASED);
        adam = new Adam(network.parameters(), Adam.Options.DEFAULT);
        tape = Tape.recording(device);
        real = noise(device, new Shape(images, 9, side, side), 1);
        fake = noise(device, new Shape(images, 9, side, side), 2);
        samples = noise(device, new Shape(sampleSets * images, 9, side, side), 3);
        seed = noise(device, new Shape(images, channels(TAP), side(TAP), side(TAP)), 4);
    }

    private static Tensor noise(Device device, Shape shape, long stream) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        Random random = Random.of(7, stream);
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.2f * random.nextFloat() - 0.1f;
        }
        Tensor tensor = Tensor.of(shape, device.allocate(4L * values.length));
        device.upload(MemorySegment.ofArray(values), tensor.data());
        return tensor;
    }

    /** Two sets through all blocks and back, then Adam. */
    void learn() {
        tape.reset();
        network.parameters().trains(true);
        Tensor r = network.logits(tape, real, 1);
        Tensor f = network.logits(tape, fake, 1);
        tape.backward(DualContrastiveLoss.apply(tape, r, f));
        adam.step(1e-4);
    }

    /** Samples up to the tapped block, nothing kept. */
    void samples() {
        tape.reset();
        network.parameters().trains(false);
        network.features(tape, samples, sampleSets, List.of(TAP), false);
    }

    /** SR up to the tapped block, and back to the images. */
    void contrast() {
        tape.reset();
        network.parameters().trains(false);
        Tensor sr = Tensor.leaf(fake.shape(), fake.data());
        Tensor map = network.features(tape, sr, 1, List.of(TAP), false).map(TAP);
        tape.backward(map, seed.data());
    }

    private static int channels(int block) {
        return 64 << (block / 2);
    }

    private int side(int block) {
        return side >> ((block + 1) / 2);
    }

    /** Multiply-adds of one image in one block, twice. */
    double flops(int block) {
        int in = block == 0 ? 9 : channels(block - 1);
        return 18.0 * in * channels(block) * side(block) * side(block);
    }

    private double flops(int first, int last) {
        double sum = 0;
        for (int b = first; b <= last; b++) {
            sum += flops(b);
        }
        return images * sum;
    }

    /** Floating-point operations of the direct convolutions. */
    double flops(String pass) {
        return switch (pass) {
            case "learn" -> 2 * (3 * flops(0, EmbeddingNetwork.BLOCKS - 1) - flops(0, 0));
            case "samples" -> sampleSets * flops(0, TAP);
            case "contrast" -> 2 * flops(0, TAP);
            default -> throw new IllegalArgumentException("pass: want learn, samples or contrast, have " + pass);
        };
    }

    /**
     * Bytes of the maps, each read and written as often as kernels of one pass each must: convolution writes, statistics read,
     * normalisation reads and writes, the next convolution reads; backward, normalisation reads two maps twice and writes one,
     * a convolution reads its input for the weights, and the gradient twice, and writes one.
     */
    double bytes(String pass) {
        int last = pass.equals("learn") ? EmbeddingNetwork.BLOCKS - 1 : TAP;
        double maps = 0;
        for (int b = 0; b <= last; b++) {
            maps += 4.0 * channels(b) * side(b) * side(b) * images;
        }
        return switch (pass) {
            case "learn" -> 2 * maps * (5 + 9);
            case "samples" -> sampleSets * maps * 5;
            default -> maps * (5 + 7);
        };
    }

    void run(String pass) {
        switch (pass) {
            case "learn" -> learn();
            case "samples" -> samples();
            case "contrast" -> contrast();
            default -> throw new IllegalArgumentException("pass: want learn, samples or contrast, have " + pass);
        }
    }

    @Override
    public void close() {
        tape.close();
        adam.close();
        network.close();
    }
}
