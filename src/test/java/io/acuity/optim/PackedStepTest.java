package io.acuity.optim;

import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Buffer;
import io.acuity.device.CountingDevice;
import io.acuity.device.Device;
import io.acuity.device.GuardedDevice;
import io.acuity.device.Precision;
import io.acuity.op.Conv1x1;
import io.acuity.op.Conv3x3;
import io.acuity.op.Conv5x5;
import io.acuity.op.StridedConv3x3;
import io.acuity.tensor.Fragments;
import io.acuity.tensor.PackedCopy;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** On a device of bf16 an Adam step writes the copies that convolutions read, and they are what packing makes. */
class PackedStepTest {
    private static final double RATE = 0.05;
    private static final Shape PICTURE = new Shape(1, 3, 5, 6);

    private final GuardedDevice device = new GuardedDevice(Device.open("emu", Precision.BF16));

    @AfterEach
    void close() {
        device.check();
        device.close();
    }

    /** From a picture, between features, with a shuffle, with windows of 5 and 1 and with stride 2, to a picture. */
    private static final class Layers {
        final ParameterSet set = new ParameterSet();

        Layers(Device device, @Nullable ParameterSet from) {
            declare(from, "head", 18, 3, 3, 3);
            declare(from, "bias", 18);
            declare(from, "body", 72, 18, 3, 3);
            declare(from, "wide", 10, 18, 5, 5);
            declare(from, "strided", 33, 10, 3, 3);
            declare(from, "point", 26, 33, 1, 1);
            declare(from, "tail", 12, 26, 3, 3);
            declare(from, "rest", 2500);
            set.allocate(device);
        }

        private void declare(@Nullable ParameterSet from, String name, Integer... sizes) {
            int count = 1;
            for (int size : sizes) {
                count *= size;
            }
            set.declare(name, List.of(sizes), from == null ? uniform(count, name.hashCode()) : from.read(name));
        }

        Tensor forward(Tape tape, Tensor x) {
            Parameter bias = set.parameter("bias");
            Tensor y = Conv3x3.apply(tape, x, set.parameter("head"), bias, Conv3x3.Epilogue.RELU);
            y = Conv3x3.apply(tape, y, set.parameter("body"), null, Conv3x3.Epilogue.shuffle(2));
            y = Conv5x5.apply(tape, y, set.parameter("wide"), null, 1);
            y = StridedConv3x3.apply(tape, y, set.parameter("strided"));
            y = Conv1x1.apply(tape, y, set.parameter("point"), null);
            return Conv3x3.apply(tape, y, set.parameter("tail"), null, Conv3x3.Epilogue.shuffle(2));
        }

        /** A pass in both directions; how many kernels it launched is the device's to count. */
        void pass(Device device) {
            try (Tape tape = Tape.recording(device)) {
                Tensor x = tape.plain(PICTURE);
                x.set(uniform(PICTURE.elements(), 5));
                Tensor leaf = Tensor.leaf(PICTURE, x.data());
                Tensor y = forward(tape, leaf);
                tape.backward(y, null);
            }
        }

        Map<String, byte[]> copies(Device device) {
            Map<String, byte[]> copies = new LinkedHashMap<>();
            for (PackedCopy copy : set.copies()) {
                byte[] bytes = new byte[Math.toIntExact(copy.order().bytes())];
                device.download(copy.buffer(), MemorySegment.ofArray(bytes));
                copies.put(copy.parameter().name() + copy.order(), bytes);
            }
            return copies;
        }
    }

    private void assertCopiesAreThoseOfTheValues(Layers layers) {
        Layers anew = new Layers(device, layers.set);
        anew.pass(device);
        Map<String, byte[]> want = anew.copies(device);
        Map<String, byte[]> have = layers.copies(device);
        assertThat(have).containsOnlyKeys(want.keySet()).hasSize(12);
        want.forEach((copy, bytes) -> assertThat(have.get(copy)).as(copy).isEqualTo(bytes));
    }

    /** Kernels that a pass launches. */
    private static int launches(CountingDevice counting, Layers layers) {
        int before = counting.launches();
        layers.pass(counting);
        return counting.launches() - before;
    }

    @Test
    void copiesAreWhatPackingMakesAndWeightsWhatAdamMakesWithoutThem() {
        Layers layers = new Layers(device, null);
        Layers plain = new Layers(device, null);
        try (Adam adam = new Adam(layers.set, Adam.Options.DEFAULT);
                Adam other = new Adam(plain.set, Adam.Options.DEFAULT)) {
            for (int step = 0; step < 3; step++) {
                layers.pass(device);
                give(plain, layers);
                adam.step(RATE);
                other.step(RATE);
                assertCopiesAreThoseOfTheValues(layers);
            }
            for (String name : layers.set.byName().keySet()) {
                assertThat(layers.set.read(name)).as(name).isEqualTo(plain.set.read(name));
                assertThat(adam.moments(name).second())
                        .as(name)
                        .isEqualTo(other.moments(name).second());
            }
            assertThat(plain.set.copies()).as("it never computed").isEmpty();
        }
    }

    /** Copies the gradients, so that two sets move alike. */
    private void give(Layers to, Layers from) {
        for (Map.Entry<String, Parameter> entry : from.set.byName().entrySet()) {
            float[] gradient = entry.getValue().gradientArray();
            if (gradient != null) {
                to.set
                        .parameter(entry.getKey())
                        .contribute(
                                Tape.inference(device),
                                (buffer, _) -> device.upload(MemorySegment.ofArray(gradient), buffer));
            }
        }
    }

    @Test
    void nothingIsPackedAfterAStepAndAllAfterAWrite() {
        CountingDevice counting = new CountingDevice(device);
        Layers layers = new Layers(counting, null);
        try (Adam adam = new Adam(layers.set, Adam.Options.DEFAULT)) {
            int packing = launches(counting, layers);
            adam.step(RATE);
            int after = launches(counting, layers);
            assertThat(packing - after).as("two copies of each of six").isEqualTo(12);
            layers.set.write("body", uniform(72 * 18 * 9, 77));
            assertThat(launches(counting, layers)).isEqualTo(packing);
            assertCopiesAreThoseOfTheValues(layers);
            layers.set.write("body", uniform(72 * 18 * 9, 78));
            // copies that are out of date before a step are not taken for new after it, though it writes them
            adam.step(RATE);
            assertThat(launches(counting, layers)).isEqualTo(packing);
            assertCopiesAreThoseOfTheValues(layers);
        }
    }

    @Test
    void aRefusedStepLeavesCopiesAsTheyAre() {
        CountingDevice counting = new CountingDevice(device);
        Layers layers = new Layers(counting, null);
        Buffer finding = device.allocate(Integer.BYTES);
        try (Adam adam = new Adam(layers.set, Adam.Options.DEFAULT)) {
            layers.pass(counting);
            Map<String, byte[]> before = layers.copies(device);
            device.fill(finding, 2);
            adam.step(() -> RATE, finding);
            Map<String, byte[]> after = layers.copies(device);
            before.forEach((copy, bytes) ->
                    assertThat(requireNonNull(after.get(copy))).as(copy).isEqualTo(bytes));
            assertCopiesAreThoseOfTheValues(layers);
            device.fill(finding, 0);
            layers.pass(counting);
            adam.step(() -> RATE, finding);
            layers.copies(device)
                    .forEach((copy, bytes) -> assertThat(Arrays.equals(bytes, before.get(copy)))
                            .as(copy)
                            .isFalse());
            assertCopiesAreThoseOfTheValues(layers);
        }
        device.release(finding);
    }

    /** A weight that is used in two shapes keeps copies of the first up to date, and those of the second are packed. */
    @Test
    void aWeightUsedInTwoShapes() {
        CountingDevice counting = new CountingDevice(device);
        ParameterSet set = new ParameterSet();
        Parameter weight = set.declare("w", List.of(36, 8, 3, 3), uniform(36 * 8 * 9, 3));
        set.allocate(counting);
        try (Adam adam = new Adam(set, Adam.Options.DEFAULT)) {
            int[] launches = new int[2];
            for (int i = 0; i < 2; i++) {
                int before = counting.launches();
                try (Tape tape = Tape.inference(counting)) {
                    Tensor x = tape.input(new Shape(1, 8, 3, 3));
                    x.set(uniform(72, 1));
                    Conv3x3.apply(tape, x, weight, null, Conv3x3.Epilogue.shuffle(2));
                    Conv3x3.apply(tape, x, weight, null, Conv3x3.Epilogue.NONE);
                }
                launches[i] = counting.launches() - before;
                adam.step(RATE);
            }
            assertThat(launches).containsExactly(4, 3);
            assertThat(set.copies())
                    .extracting(PackedCopy::order)
                    .containsExactly(
                            new Fragments(3, 8, 36, 2, false, false), new Fragments(3, 8, 36, 1, false, false));
        }
    }
}
