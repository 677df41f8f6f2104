package io.acuity.model;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.GuardedDevice;
import io.acuity.model.PlainTape.Num;
import io.acuity.op.L1Loss;
import io.acuity.optim.Adam;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.assertj.core.data.Offset;

/** Checks a network against its plain form in double precision: values, all gradients, and ten steps of training. */
final class NetworkCheck {
    private static final double RATE = 1e-3;
    private static final int STEPS = 10;

    private final String what;
    private final Function<Device, Network> network;
    private final PlainNetworks.Plain plain;
    private double tolerance = 1e-5;
    private double gradientTolerance = 5e-5;

    private NetworkCheck(String what, Function<Device, Network> network, PlainNetworks.Plain plain) {
        this.what = what;
        this.network = network;
        this.plain = plain;
    }

    static NetworkCheck of(String what, Function<Device, Network> network, PlainNetworks.Plain plain) {
        return new NetworkCheck(what, network, plain);
    }

    /** Largest error relative to the largest value. */
    NetworkCheck tolerance(double values, double gradients) {
        tolerance = values;
        gradientTolerance = gradients;
        return this;
    }

    /** The parameters as they are now. */
    private static Map<String, Num> weights(ParameterSet set) {
        Map<String, Num> weights = new LinkedHashMap<>();
        for (Parameter p : set.byName().values()) {
            weights.put(
                    p.name(), new Num(new Shape(1, 1, 1, Math.toIntExact(p.elements())), doubles(set.read(p.name()))));
        }
        return weights;
    }

    /** What comes out without recording. */
    void values(Device device, Shape lr) {
        String name = what + " of " + lr + " on " + device.name();
        GuardedDevice guarded = new GuardedDevice(device);
        Network made = network.apply(guarded);
        try (Tape tape = Tape.inference(guarded)) {
            float[] image = uniform(lr.elements(), 1);
            Tensor x = tape.input(lr);
            x.set(image);
            Tensor sr = made.forward(tape, x);
            assertThat(sr.shape()).isEqualTo(new Shape(lr.n(), 3, lr.h() * made.scale(), lr.w() * made.scale()));
            Num want = plain.forward(new PlainTape(), weights(made.parameters()), new Num(lr, doubles(image)));
            assertNear(name, sr.toArray(), want.data, tolerance);
            guarded.check();
        }
    }

    /** The gradients of the image and of every parameter; memory poisoned and guarded. */
    void gradients(Device device, Shape lr) {
        String name = what + " of " + lr + " on " + device.name();
        GuardedDevice guarded = new GuardedDevice(device);
        Network made = network.apply(guarded);
        try (Arena arena = Arena.poisoned(guarded);
                Tape tape = Tape.recording(arena)) {
            float[] image = uniform(lr.elements(), 1);
            Tensor x = tape.leaf(lr);
            x.set(image);
            Tensor sr = made.forward(tape, x);
            float[] direction = uniform(sr.shape().elements(), 2);
            Tensor seed = tape.input(sr.shape());
            seed.set(direction);
            tape.backward(sr, seed.data());
            guarded.check();

            PlainTape truth = new PlainTape();
            Map<String, Num> weights = weights(made.parameters());
            Num plainImage = new Num(lr, doubles(image));
            Num want = plain.forward(truth, weights, plainImage);
            Num along = truth.make(Shape.scalar(), new double[] {Numbers.dot(want.data, direction)}, y -> {
                for (int i = 0; i < direction.length; i++) {
                    want.slope[i] += y.slope[0] * direction[i];
                }
            });
            truth.backward(along);
            assertNear(name + ", recording", sr.toArray(), want.data, tolerance);
            assertNear(name + ": gradient of the image", x.gradientArray(), plainImage.slope, gradientTolerance);
            for (Parameter p : made.parameters().byName().values()) {
                assertNear(
                        name + ": gradient of " + p,
                        requireNonNull(p.gradientArray(), p.name()),
                        requireNonNull(weights.get(p.name())).slope,
                        gradientTolerance);
            }
        }
    }

    /** Ten steps of Adam with the L1 loss: each step's loss, and in the end nearly all weights. */
    void tenSteps(Device device, Shape lr) {
        Network made = network.apply(device);
        Map<String, Num> weights = weights(made.parameters());
        Map<String, double[]> first = new LinkedHashMap<>();
        Map<String, double[]> second = new LinkedHashMap<>();
        Shape hr = new Shape(lr.n(), 3, lr.h() * made.scale(), lr.w() * made.scale());
        try (Tape tape = Tape.recording(device);
                Adam adam = new Adam(made.parameters(), Adam.Options.DEFAULT)) {
            for (int step = 0; step < STEPS; step++) {
                float[] image = unit(lr, step);
                float[] target = unit(hr, 100 + step);
                tape.reset();
                Tensor x = tape.input(lr);
                Tensor y = tape.input(hr);
                x.set(image);
                y.set(target);
                Tensor loss = L1Loss.apply(tape, made.forward(tape, x), y);
                tape.backward(loss);
                adam.step(RATE);

                PlainTape truth = new PlainTape();
                Num want = truth.l1(plain.forward(truth, weights, new Num(lr, doubles(image))), doubles(target));
                truth.backward(want);
                plainAdam(weights, first, second, step + 1);
                assertThat((double) loss.item())
                        .as("%s: loss of step %d", what, step + 1)
                        .isCloseTo(want.data[0], Offset.offset(2e-5 * want.data[0]));
            }
            compare(made.parameters(), weights);
        }
    }

    private static float[] unit(Shape shape, long seed) {
        float[] values = uniform(shape.elements(), seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = (values[i] + 1) / 2;
        }
        return values;
    }

    /** Adam (Kingma and Ba, arXiv 1412.6980); slopes are cleared for the next step. */
    private static void plainAdam(
            Map<String, Num> weights, Map<String, double[]> first, Map<String, double[]> second, int steps) {
        weights.forEach((name, w) -> {
            double[] m = first.computeIfAbsent(name, _ -> new double[w.data.length]);
            double[] v = second.computeIfAbsent(name, _ -> new double[w.data.length]);
            for (int i = 0; i < m.length; i++) {
                m[i] = 0.9 * m[i] + 0.1 * w.slope[i];
                v[i] = 0.999 * v[i] + 0.001 * w.slope[i] * w.slope[i];
                w.slope[i] = 0;
                double mean = m[i] / (1 - Math.pow(0.9, steps));
                double spread = Math.sqrt(v[i] / (1 - Math.pow(0.999, steps)));
                w.data[i] -= RATE * mean / (spread + 1e-8);
            }
        });
    }

    /** Adam makes a whole step of a gradient that is only rounding, so a few weights may be steps apart. */
    private void compare(ParameterSet have, Map<String, Num> want) {
        long all = 0;
        long far = 0;
        for (Map.Entry<String, Num> w : want.entrySet()) {
            float[] values = have.read(w.getKey());
            for (int i = 0; i < values.length; i++) {
                all++;
                far += Math.abs(values[i] - w.getValue().data[i]) > 2e-2 * RATE ? 1 : 0;
            }
        }
        assertThat(far)
                .as("%s: weights of %d that differ after %d steps", what, all, STEPS)
                .isLessThan(1 + all / 50);
    }
}
