package io.acuity.optim;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.scaled;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Tape;
import java.lang.foreign.MemorySegment;
import java.util.List;

class AdamTest {
    private static final int STEPS = 25;

    /**
     * torch.optim.Adam's formula (its documentation, without weight decay and amsgrad), in double precision but for the betas,
     * which are the kernel's: 1 - 0.999f is off by 1e-5.
     */
    private static final class PlainAdam {
        final double[] weight;
        final double[] m;
        final double[] v;
        int step;

        PlainAdam(double[] weight) {
            this.weight = weight;
            m = new double[weight.length];
            v = new double[weight.length];
        }

        void step(double[] gradient, double rate, Adam.Options o) {
            step++;
            double beta1 = (float) o.beta1();
            double beta2 = (float) o.beta2();
            for (int i = 0; i < weight.length; i++) {
                double g = o.clamp() == 0 ? gradient[i] : Math.clamp(gradient[i], -o.clamp(), o.clamp());
                m[i] = beta1 * m[i] + (1 - beta1) * g;
                v[i] = beta2 * v[i] + (1 - beta2) * g * g;
                double first = m[i] / (1 - Math.pow(beta1, step));
                double second = v[i] / (1 - Math.pow(beta2, step));
                weight[i] -= rate * first / (Math.sqrt(second) + o.epsilon());
            }
        }
    }

    /** Sets the gradient of w as a backward pass would. */
    private static void give(ParameterSet set, Device device, float[] gradient) {
        try (Tape tape = Tape.inference(device)) {
            set.parameter("w").contribute(tape, (to, accumulate) -> {
                assertThat(accumulate).isZero();
                device.upload(MemorySegment.ofArray(gradient), to);
            });
        }
    }

    /** The first step moves each weight by the rate against the sign of its gradient, whatever the gradient's size. */
    @EveryDevice
    void firstStepIsTheRate(Device device) {
        ParameterSet set = new ParameterSet();
        set.declare("w", List.of(3), new float[] {1, 1, 1});
        set.allocate(device);
        try (Adam adam = new Adam(set, Adam.Options.DEFAULT)) {
            give(set, device, new float[] {5, -1e-3f, 0});
            adam.step(0.1);
            assertNear("first step", set.read("w"), new double[] {0.9, 1.1, 1}, 2e-6);
            assertThat(adam.steps()).isEqualTo(1);
        }
    }

    @EveryDevice
    void followsPyTorch(Device device) {
        for (Adam.Options options : List.of(
                Adam.Options.DEFAULT, new Adam.Options(0.5, 0.9, 1e-3, 0), new Adam.Options(0.9, 0.99, 1e-8, 0.25))) {
            for (int count : new int[] {1, 17, 1009}) {
                check(device, options, count);
            }
        }
    }

    private static void check(Device device, Adam.Options options, int count) {
        GuardedDevice guarded = new GuardedDevice(device);
        float[] first = uniform(count, 1);
        ParameterSet set = new ParameterSet();
        set.declare("other", List.of(5), uniform(5, 9));
        set.declare("w", List.of(count), first);
        set.allocate(guarded);
        PlainAdam plain = new PlainAdam(doubles(first));
        try (Adam adam = new Adam(set, options)) {
            for (int step = 0; step < STEPS; step++) {
                float[] gradient = scaled(uniform(count, 100 + step), Math.pow(10, step % 5 - 2));
                give(set, device, gradient);
                double rate = 0.01 / (1 + step);
                adam.step(rate);
                plain.step(doubles(gradient), rate, options);
            }
            String what = options + ", " + count + " numbers, ";
            assertNear(what + "weights", set.read("w"), plain.weight, 2e-6);
            assertNear(what + "m", adam.moments("w").first(), plain.m, 1e-5);
            assertNear(what + "v", adam.moments("w").second(), plain.v, 1e-5);
            assertThat(set.read("other")).as("no gradient, no move").isEqualTo(uniform(5, 9));
        }
        guarded.check();
    }

    /** Moments and step count carried over to another optimizer go on with the same bits. */
    @EveryDevice
    void goesOnFromItsMoments(Device device) {
        float[] whole = run(device, 6, 6);
        assertThat(run(device, 3, 6)).isEqualTo(whole);
    }

    private static float[] run(Device device, int changeAt, int steps) {
        ParameterSet set = new ParameterSet();
        set.declare("w", List.of(37), uniform(37, 4));
        set.allocate(device);
        Adam adam = new Adam(set, Adam.Options.DEFAULT);
        for (int step = 0; step < steps; step++) {
            if (step == changeAt) {
                Adam next = new Adam(set, Adam.Options.DEFAULT);
                next.restore("w", adam.moments("w"));
                next.restoreSteps(adam.steps());
                adam.close();
                adam = next;
            }
            float[] gradient = uniform(37, 50 + step);
            give(set, device, gradient);
            adam.step(0.01);
        }
        adam.close();
        return set.read("w");
    }

    @EveryDevice
    void refusesBadOptions(Device device) {
        assertThatThrownBy(() -> new Adam.Options(1, 0.9, 1e-8, 0))
                .hasMessage("adam: want betas in [0, 1), epsilon > 0, clamp >= 0, have 1.0, 0.9, 1.0E-8, 0.0");
        assertThatThrownBy(() -> new Adam.Options(0.9, 0.9, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Adam.Options(0.9, 0.9, 1e-8, Double.NaN))
                .isInstanceOf(IllegalArgumentException.class);
        ParameterSet set = new ParameterSet();
        set.declare("w", List.of(1), new float[1]);
        assertThatThrownBy(() -> new Adam(set, Adam.Options.DEFAULT))
                .hasMessage("parameters: want allocate(device) called first");
        set.allocate(device);
    }
}
