package io.acuity.op;

import static io.acuity.tensor.Numbers.assertGradient;
import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.dot;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** That the gathered convolution is the tail's is shown by the whole network's tests; here the kernel alone. */
class TailGatherTest {
    @EveryDevice
    void gathersWeightAndBias(Device device) {
        for (int r = 2; r <= 4; r++) {
            for (int features : new int[] {1, 3, 17}) {
                check(device, r, features);
            }
        }
    }

    private static void check(Device device, int r, int features) {
        GuardedDevice guarded = new GuardedDevice(device);
        Shape s = new Shape(features + 1, 3, 7 * r, 7 * r);
        float[] responses = uniform(s.elements(), 1);
        String what = "tail_gather " + r + ", " + features + " features, on " + device.name();
        try (Arena arena = Arena.poisoned(guarded);
                Tape tape = Tape.recording(arena)) {
            Tensor x = tape.leaf(s);
            x.set(responses);
            TailGather.Gathered gathered = TailGather.apply(tape, x, r);
            Tensor weight = gathered.weight();
            assertNear(what, flat(device, weight), plain(doubles(responses), s, r), 1e-6);
            assertNear(what + ", bias", flat(device, gathered.bias()), bias(doubles(responses), s, r), 0);

            // the bias gets its gradient from a sum, recorded after the gathering as the convolution is in a network
            Tensor biasSeed = tape.input(gathered.bias().shape());
            float[] biasSeeds = uniform(biasSeed.shape().elements(), 3);
            biasSeed.set(biasSeeds);
            tape.contribute(gathered.bias(), (db, _) -> copy(device, biasSeed, db));
            Tensor seed = tape.input(weight.shape());
            device.upload(MemorySegment.ofArray(uniform(weight.shape().elements(), 2)), seed.data());
            tape.backward(weight, seed.data());
            assertGradient(
                    what,
                    v -> dot(plain(v, s, r), uniform(weight.shape().elements(), 2)) + dot(bias(v, s, r), biasSeeds),
                    responses,
                    x.gradientArray(),
                    1e-5);
            guarded.check();
        }
    }

    private static void copy(Device device, Tensor from, Buffer to) {
        device.upload(MemorySegment.ofArray(from.toArray()), to);
    }

    /** As it lies in memory, which for weights is the file formats' order. */
    private static float[] flat(Device device, Tensor x) {
        float[] values = new float[Math.toIntExact(x.shape().elements())];
        device.download(x.data(), MemorySegment.ofArray(values));
        return values;
    }

    private static double[] plain(double[] x, Shape s, int r) {
        int features = s.n() - 1;
        double[] weight = new double[3 * r * r * features * 25];
        for (int o = 0; o < 3 * r * r; o++) {
            for (int c = 0; c < features; c++) {
                for (int tap = 0; tap < 25; tap++) {
                    int row = (5 - tap / 5) * r + o / r % r;
                    int column = (5 - tap % 5) * r + o % r;
                    int colour = o / (r * r);
                    weight[(o * features + c) * 25 + tap] =
                            x[Plain.at(s, c, colour, row, column)] - x[Plain.at(s, features, colour, row, column)];
                }
            }
        }
        return weight;
    }

    private static double[] bias(double[] x, Shape s, int r) {
        double[] bias = new double[3 * r * r];
        for (int o = 0; o < bias.length; o++) {
            bias[o] = x[Plain.at(s, s.n() - 1, o / (r * r), 3 * r + o / r % r, 3 * r + o % r)];
        }
        return bias;
    }

    @EveryDevice
    void refusesOtherSizes(Device device) {
        try (Tape tape = Tape.inference(device)) {
            Tensor x = tape.input(new Shape(3, 3, 14, 15));
            assertThatThrownBy(() -> TailGather.apply(tape, x, 2))
                    .hasMessage("tail_gather: want [3, 3, 14, 14], have [3, 3, 14, 15]");
        }
    }
}
