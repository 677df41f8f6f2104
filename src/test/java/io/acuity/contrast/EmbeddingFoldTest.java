package io.acuity.contrast;

import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.contrast.EmbeddingNetwork.Statistics;
import io.acuity.device.Device;
import io.acuity.device.ForwardingDevice;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import io.acuity.op.BatchNorm;
import io.acuity.op.Conv3x3;
import io.acuity.op.StridedConv3x3;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The embedding network in bf16, which normalises maps as they are read, against its blocks with every map written. Both round alike,
 * but their sums for the statistics go in another order: one in the last places of fp32, so that here and there a number of bf16 is
 * its neighbour.
 */
class EmbeddingFoldTest {
    private static final int FEATURES = 12;
    private static final Shape BANDS = new Shape(4, 9, 16, 20);
    private static final float SLOPE = 0.2f;

    /** Counts launches by kernel. */
    private static final class Launches extends ForwardingDevice {
        private final Map<String, Integer> counts = new HashMap<>();

        Launches() {
            super(Device.open("emu", Precision.BF16));
        }

        @Override
        public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
            counts.merge(kernel.name(), 1, Integer::sum);
            super.launch(kernel, grid, arguments);
        }

        int of(String kernel) {
            return counts.getOrDefault(kernel, 0);
        }
    }

    private static EmbeddingNetwork network(Device device, Statistics statistics) {
        EmbeddingNetwork network =
                EmbeddingNetwork.create(device, 3, new EmbeddingNetwork.Options(9, FEATURES, statistics));
        for (String name : network.parameters().byName().keySet()) {
            if (name.matches("features.*\\.1\\..*")) {
                float[] values = uniform(network.parameters().parameter(name).elements(), name.hashCode());
                for (int i = 0; i < values.length; i++) {
                    values[i] = (name.endsWith("weight") ? 1 : i % 3 == 0 ? -2 : 2) + 0.2f * values[i];
                }
                network.parameters().write(name, values);
            }
        }
        return network;
    }

    private static Tensor bands(Tape tape) {
        Tensor x = tape.leaf(BANDS);
        x.set(uniform(BANDS.elements(), 7));
        return x;
    }

    /** Every block's map, written. */
    private static List<Tensor> written(
            EmbeddingNetwork network, Tape tape, Tensor bands, BatchNorm.@Nullable Averages frozen, int sets) {
        ParameterSet parameters = network.parameters();
        List<Tensor> maps = new ArrayList<>();
        Tensor x = bands;
        for (int b = 0; b < EmbeddingNetwork.BLOCKS; b++) {
            String name = "features." + 2 * b;
            Parameter convolution = parameters.parameter(name + ".0.weight");
            @Nullable Parameter noBias = null;
            Tensor y = b % 2 == 1
                    ? StridedConv3x3.apply(tape, x, convolution)
                    : Conv3x3.apply(tape, x, convolution, noBias, Conv3x3.Epilogue.NONE);
            Parameter weight = parameters.parameter(name + ".1.weight");
            Parameter bias = parameters.parameter(name + ".1.bias");
            BatchNorm.Output output = BatchNorm.Output.activated(SLOPE);
            x = frozen == null
                    ? BatchNorm.apply(tape, y, weight, bias, null, sets, output)
                    : BatchNorm.frozen(tape, y, weight, bias, frozen, output);
            maps.add(x);
        }
        return maps;
    }

    @ParameterizedTest
    @CsvSource({"PER_SET, 2", "JOINT, 1", "RUNNING, 0"})
    void seesWhatBlocksWithWrittenMapsSee(Statistics statistics, int normalised) {
        List<Integer> taps = List.of(0, 4, 6);
        try (Launches device = new Launches();
                EmbeddingNetwork network = network(device, statistics);
                Tape tape = Tape.recording(device);
                Tape other = Tape.recording(device)) {
            network.parameters().trains(false);
            Tensor x = bands(tape);
            Features features = network.features(tape, x, 2, taps, false);
            assertThat(device.of("batch_norm_forward")).isEqualTo(taps.size());
            assertThat(device.of("batch_norm_sums")).isZero();
            Tensor y = bands(other);
            // the averages are as they began: mean 0, variance 1
            BatchNorm.Averages averages = normalised == 0 ? averages(other) : null;
            List<Tensor> maps = written(network, other, y, averages, normalised);
            for (int tap : taps) {
                assertThat(EmbeddingPrecisionTest.off(
                                features.map(tap).toArray(), maps.get(tap).toArray()))
                        .as("map %d", tap)
                        .isLessThan(1.0 / 512);
            }
            gradients(tape, features.map(6));
            gradients(other, maps.get(6));
            assertThat(EmbeddingPrecisionTest.off(x.gradientArray(), y.gradientArray()))
                    .isLessThan(1.0 / 64);
        }
    }

    /** With averages of no width: wide enough for every block. */
    private static BatchNorm.Averages averages(Tape tape) {
        long bytes = 8L * FEATURES * Float.BYTES;
        var mean = tape.take(bytes);
        var variance = tape.take(bytes);
        tape.device().fill(mean, 0);
        tape.device().fill(variance, Float.floatToRawIntBits(1f));
        return new BatchNorm.Averages(mean, variance);
    }

    private static void gradients(Tape tape, Tensor map) {
        Tensor seed = tape.inputLike(map);
        seed.set(uniform(map.shape().elements(), 8));
        tape.backward(map, seed.data());
    }

    /** All maps but the last are read by one convolution each: none of them is written. */
    @Test
    void judgesAndLearnsAsBlocksWithWrittenMapsDo() {
        try (Launches device = new Launches();
                EmbeddingNetwork network = network(device, Statistics.PER_SET);
                EmbeddingNetwork plain = network(device, Statistics.PER_SET);
                Tape tape = Tape.recording(device);
                Tape other = Tape.recording(device)) {
            // the last map, through no more than the head needs
            Features last = network.features(tape, bands(tape).detach(), 2, List.of(7), false);
            assertThat(device.of("batch_norm_forward")).isEqualTo(1);
            Tensor want = written(plain, other, bands(other).detach(), null, 2).get(7);
            assertThat(EmbeddingPrecisionTest.off(last.map(7).toArray(), want.toArray()))
                    .isLessThan(1.0 / 512);
            gradients(tape, last.map(7));
            gradients(other, want);
            for (Parameter p : network.parameters().byName().values()) {
                if (p.name().startsWith("features")) {
                    float[] wanted = requireNonNull(
                            plain.parameters().parameter(p.name()).gradientArray(), p.name());
                    assertThat(EmbeddingPrecisionTest.off(requireNonNull(p.gradientArray(), p.name()), wanted))
                            .as(p.name())
                            .isLessThan(1.0 / 64);
                }
            }
            int before = device.of("batch_norm_forward");
            network.logits(tape, bands(tape), 2);
            assertThat(device.of("batch_norm_forward") - before).isEqualTo(1);
        }
    }

    /** The same bits where sets go one by one, without gradients, as with them all together. */
    @Test
    void gradientsChangeNothingGoingForward() {
        List<Integer> taps = List.of(1, 5);
        try (Launches device = new Launches();
                EmbeddingNetwork network = network(device, Statistics.PER_SET);
                Tape tape = Tape.recording(device);
                Tape inference = Tape.inference(device)) {
            Features together = network.features(tape, bands(tape), 2, taps, true);
            Features apart = network.features(inference, bands(inference).detach(), 2, taps, true);
            for (int tap : taps) {
                assertThat(apart.map(tap).toArray()).isEqualTo(together.map(tap).toArray());
            }
        }
    }
}
