package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.model.Architectures;
import io.acuity.model.Hyperparameters;
import io.acuity.model.Network;
import io.acuity.op.GradientNorm;
import io.acuity.op.PixelLoss;
import io.acuity.optim.Adam;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Random;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Something to time with a network of random weights, x4: upscaling a picture, or a training step.
 *
 * @param architecture a network's kind, of its published size
 * @param trains a training step instead of upscaling
 * @param lr shape of the LR pictures
 * @param collapsed whether the tail is one convolution instead of its layers
 */
record Workload(String architecture, boolean trains, Shape lr, boolean collapsed) {
    private static final int SCALE = 4;
    private static final int BATCH = 16;
    private static final int PATCH = 192;
    private static final double RATE = 1e-4;
    private static final int WARM_UP = 2;

    /**
     * What came out.
     *
     * @param tail {@code layers} or {@code collapsed}
     * @param gflop arithmetic of the layers' direct convolutions, two for a multiply-add
     */
    record Timing(String what, String size, String tail, double medianMillis, double leastMillis, double gflop) {}

    /** Upscaling a picture of this size. */
    static Workload upscale(String architecture, int width, int height, boolean collapsed) {
        return new Workload(architecture, false, new Shape(1, 3, height, width), collapsed);
    }

    /** A training step of 16 patches of 192x192. */
    static Workload train(String architecture, boolean collapsed) {
        return new Workload(architecture, true, new Shape(BATCH, 3, PATCH / SCALE, PATCH / SCALE), collapsed);
    }

    /** Runs it {@code rounds} times after a warm-up. */
    Timing time(Device device, int rounds) {
        double[] millis = new double[rounds];
        float[] input = noise(lr, 0);
        float[] target = trains ? noise(enlarged(), 1) : input;
        Network network = Architectures.create(architecture, device, Hyperparameters.of(SCALE), 1)
                .collapse(collapsed);
        double gflop = gflop(network);
        try (Tape tape = trains ? Tape.recording(device) : Tape.inference(device);
                GradientNorm norm = GradientNorm.on(device);
                Adam adam = new Adam(network.parameters(), Adam.Options.DEFAULT)) {
            for (int i = -WARM_UP; i < rounds; i++) {
                tape.reset();
                Tensor from = filled(tape, lr, input);
                Tensor to = trains ? filled(tape, enlarged(), target) : from;
                device.synchronize();
                long start = System.nanoTime();
                if (trains) {
                    PixelLoss loss = new PixelLoss(to, 1f, norm, false);
                    tape.backward(network.compare(tape, from, loss).weighted());
                    adam.step(RATE);
                } else {
                    network.forward(tape, from);
                }
                device.synchronize();
                if (i >= 0) {
                    millis[i] = (System.nanoTime() - start) / 1e6;
                }
            }
        } finally {
            network.parameters().close();
        }
        Arrays.sort(millis);
        double median = (millis[(rounds - 1) / 2] + millis[rounds / 2]) / 2;
        return new Timing(
                trains ? "train" : "upscale", size(), collapsed ? "collapsed" : "layers", median, millis[0], gflop);
    }

    private static Tensor filled(Tape tape, Shape shape, float[] numbers) {
        Tensor tensor = tape.plain(shape); // pictures are fp32 in both number modes
        tape.device().upload(MemorySegment.ofArray(numbers), tensor.data());
        return tensor;
    }

    /** Uniform in [0, 1): what a flat picture makes of gradients is no measure of a real one. */
    private static float[] noise(Shape shape, long stream) {
        float[] numbers = new float[Math.toIntExact(shape.elements())];
        Random random = Random.of(1, stream);
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = random.nextFloat();
        }
        return numbers;
    }

    private Shape enlarged() {
        return new Shape(lr.n(), lr.c(), lr.h() * SCALE, lr.w() * SCALE);
    }

    private String size() {
        return trains
                ? lr.n() + " patches " + lr.w() * SCALE + "x" + lr.h() * SCALE
                : lr.w() + "x" + lr.h() + " to " + lr.w() * SCALE + "x" + lr.h() * SCALE;
    }

    /**
     * In training each convolution runs three times (result, gradient of input, gradient of weight), the head's input has none.
     * Every weight is used once for each LR pixel, but in the tail, which works at larger sizes, and behind a global average.
     */
    private double gflop(Network network) {
        double forward = 0;
        double head = 0;
        for (Parameter p : network.parameters().byName().values()) {
            String name = p.name();
            if (p.dimensions().size() != 4 || name.contains(".conv_du.")) {
                continue;
            }
            int uses = name.equals("tail.1.weight") ? SCALE * SCALE : name.equals("tail.0.2.weight") ? 4 : 1;
            forward += 2.0 * uses * p.elements() * lr.pixels() / 1e9;
            head += name.equals("head.0.weight") ? 2.0 * p.elements() * lr.pixels() / 1e9 : 0;
        }
        return trains ? 3 * forward - head : forward;
    }
}
