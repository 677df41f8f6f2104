package io.acuity.model;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.DeviceException;
import io.acuity.device.EveryDevice;
import io.acuity.device.NativeLibrary;
import io.acuity.op.L1Loss;
import io.acuity.optim.Adam;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Same seed, same bits: from run to run and on any number of threads; instruction sets agree to rounding. */
@Isolated("sets threads and instruction set of the whole library")
class SameBitsTest {
    private static final NativeLibrary LIBRARY = NativeLibrary.load();

    /** Loss of every step and one tensor of trained weights, after training a small network on noise. */
    private static float[] train(Device device, int steps, int size) {
        try (Tape tape = Tape.recording(device)) {
            Edsr network = Edsr.create(device, new Edsr.Options(2, 16, 1f, 2), 3);
            float[] out = new float[steps + 16 * 16 * 9];
            try (Adam adam = new Adam(network.parameters(), Adam.Options.DEFAULT)) {
                for (int step = 0; step < steps; step++) {
                    tape.reset();
                    Tensor lr = tape.input(new Shape(3, 3, size, size));
                    Tensor hr = tape.input(new Shape(3, 3, 2 * size, 2 * size));
                    lr.set(uniform(lr.shape().elements(), step));
                    hr.set(uniform(hr.shape().elements(), 1000 + step));
                    Tensor loss = L1Loss.apply(tape, network.forward(tape, lr), hr);
                    tape.backward(loss);
                    adam.step(1e-3);
                    out[step] = loss.item();
                }
                System.arraycopy(network.parameters().read("body.1.body.0.weight"), 0, out, steps, 16 * 16 * 9);
            }
            return out;
        }
    }

    @EveryDevice
    void trainsTwiceAlike(Device device) {
        int size = device.name().equals("emu") ? 5 : 13;
        float[] once = train(device, 20, size);
        assertThat(once[19]).as("it learns").isLessThan(once[0]);
        assertThat(train(device, 20, size)).isEqualTo(once);
    }

    @Test
    void threadsDoNotChangeABit() {
        float[] one = onThreads(1);
        for (int threads : new int[] {2, 3, 5}) {
            assertThat(onThreads(threads)).as("%d threads", threads).isEqualTo(one);
        }
    }

    private static float[] onThreads(int threads) {
        int before = LIBRARY.threads(0);
        try (Device device = Device.open("cpu")) {
            LIBRARY.threads(threads);
            return train(device, 4, 29);
        } finally {
            LIBRARY.threads(before);
        }
    }

    @Test
    void instructionSetsAgree() {
        float[][] plain = with("plain", SameBitsTest::differentiate);
        for (String isa : new String[] {"avx2", "avx512"}) {
            float[][] have;
            try {
                have = with(isa, SameBitsTest::differentiate);
            } catch (DeviceException e) {
                System.out.println("SKIPPED " + isa + ": " + e.getMessage());
                continue;
            }
            assertNear(isa + " image", have[0], doubles(plain[0]), 1e-5);
            assertNear(isa + " gradient of the image", have[1], doubles(plain[1]), 2e-5);
            assertNear(isa + " gradient of the head", have[2], doubles(plain[2]), 2e-5);
        }
    }

    private static float[][] differentiate() {
        try (Device device = Device.open("cpu");
                Tape tape = Tape.recording(device)) {
            Edsr network = Edsr.create(device, new Edsr.Options(2, 24, 1f, 4), 3);
            Tensor lr = tape.leaf(new Shape(2, 3, 13, 11));
            lr.set(uniform(lr.shape().elements(), 1));
            Tensor sr = network.forward(tape, lr);
            Tensor seed = tape.input(sr.shape());
            seed.set(uniform(sr.shape().elements(), 2));
            tape.backward(sr, seed.data());
            float[] head = network.parameters().parameter("head.0.weight").gradientArray();
            return new float[][] {sr.toArray(), lr.gradientArray(), Objects.requireNonNull(head)};
        }
    }

    private static float[][] with(String isa, Supplier<float[][]> work) {
        String before = LIBRARY.isa(null);
        try {
            LIBRARY.isa(isa);
            return work.get();
        } finally {
            LIBRARY.isa(before);
        }
    }
}
