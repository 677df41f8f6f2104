package io.acuity.model;

import static io.acuity.tensor.Numbers.assertGradient;
import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.dot;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.model.Edsr.Options;
import io.acuity.op.L1Loss;
import io.acuity.op.Plain;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EdsrTest {
    private static final Shape LR = new Shape(2, 3, 5, 6);

    private static Options tiny(int scale) {
        return new Options(2, 8, 0.5f, scale);
    }

    @EveryDevice
    void computesWhatThePaperSays(Device device) {
        for (int scale = 2; scale <= 4; scale++) {
            for (boolean collapse : new boolean[] {false, true}) {
                forward(device, scale, collapse);
            }
        }
    }

    private static void forward(Device device, int scale, boolean collapse) {
        try (Tape tape = Tape.inference(device)) {
            Network network = Edsr.create(device, tiny(scale), 3).collapse(collapse);
            float[] image = uniform(LR.elements(), 1);
            Tensor lr = tape.input(LR);
            lr.set(image);
            Tensor sr = network.forward(tape, lr);
            assertThat(sr.shape()).isEqualTo(new Shape(2, 3, 5 * scale, 6 * scale));
            double[] want =
                    new PlainEdsr(tiny(scale)).forward(PlainEdsr.weights(network.parameters()), doubles(image), LR);
            assertNear("edsr x" + scale + " on " + device.name(), sr.toArray(), want, 1e-5);
        }
    }

    /** Every parameter of the whole network, and the image, against finite differences; memory poisoned and guarded. */
    @EveryDevice
    void differentiatesEveryParameter(Device device) {
        for (int scale = 2; scale <= 4; scale++) {
            for (boolean collapse : new boolean[] {false, true}) {
                differentiate(device, scale, collapse);
            }
        }
    }

    private static void differentiate(Device device, int scale, boolean collapse) {
        GuardedDevice guarded = new GuardedDevice(device);
        try (Arena arena = Arena.poisoned(guarded);
                Tape tape = Tape.recording(arena)) {
            Network network = Edsr.create(guarded, tiny(scale), 3).collapse(collapse);
            PlainEdsr plain = new PlainEdsr(tiny(scale));
            float[] image = uniform(LR.elements(), 1);
            Tensor lr = tape.leaf(LR);
            lr.set(image);
            Tensor sr = network.forward(tape, lr);
            float[] target = uniform(sr.shape().elements(), 2);
            Tensor seed = tape.input(sr.shape());
            seed.set(target);
            tape.backward(sr, seed.data());
            guarded.check();
            Map<String, double[]> weights = PlainEdsr.weights(network.parameters());
            assertGradient(
                    "x" + scale + " image on " + device.name(),
                    x -> dot(plain.forward(weights, x, LR), target),
                    image,
                    lr.gradientArray(),
                    5e-5);
            for (Parameter parameter : network.parameters().byName().values()) {
                assertGradient(
                        "x" + scale + " " + parameter + " on " + device.name(),
                        moved -> {
                            Map<String, double[]> changed = new LinkedHashMap<>(weights);
                            changed.put(parameter.name(), moved);
                            return dot(plain.forward(changed, doubles(image), LR), target);
                        },
                        network.parameters().read(parameter.name()),
                        requireNonNull(parameter.gradientArray()),
                        5e-5);
            }
        }
    }

    /** The collapsed tail takes borders by themselves and leaves tiny pictures to its layers. */
    @EveryDevice
    void worksOnEverySize(Device device) {
        Edsr network = Edsr.create(device, new Options(1, 4, 1f, 2), 3);
        PlainEdsr plain = new PlainEdsr(network.options());
        Map<String, double[]> weights = PlainEdsr.weights(network.parameters());
        for (Shape s : List.of(
                new Shape(1, 3, 1, 1),
                new Shape(1, 3, 4, 9),
                new Shape(1, 3, 5, 5),
                new Shape(2, 3, 7, 4),
                new Shape(1, 3, 13, 5),
                new Shape(3, 3, 6, 17))) {
            float[] image = uniform(s.elements(), 1);
            assertNear(
                    "edsr of " + s + " on " + device.name(),
                    upscale(device, network, s, image),
                    plain.forward(weights, doubles(image), s),
                    1e-5);
        }
    }

    /** What is derived from the parameters and kept, packed weights and the collapsed tail, follows their changes. */
    @EveryDevice
    void followsChangedParameters(Device device) {
        Edsr network = Edsr.create(device, tiny(2), 3);
        float[] image = uniform(LR.elements(), 1);
        float[] before = upscale(device, network, LR, image);
        for (String name : List.of("tail.0.0.weight", "tail.1.bias", "body.0.body.2.weight")) {
            float[] values = network.parameters().read(name);
            values[values.length / 2] += 0.5f;
            network.parameters().write(name, values);
            float[] after = upscale(device, network, LR, image);
            assertThat(after).isNotEqualTo(before);
            assertNear(
                    "edsr with another " + name,
                    after,
                    new PlainEdsr(tiny(2)).forward(PlainEdsr.weights(network.parameters()), doubles(image), LR),
                    1e-5);
            before = after;
        }
    }

    /** The L1 loss on top, as in training. */
    @EveryDevice
    void differentiatesTheLoss(Device device) {
        try (Tape tape = Tape.recording(device)) {
            Edsr network = Edsr.create(device, tiny(2), 3);
            float[] image = uniform(LR.elements(), 1);
            Tensor lr = tape.input(LR);
            lr.set(image);
            Tensor sr = network.forward(tape, lr);
            float[] truth = uniform(sr.shape().elements(), 2);
            Tensor hr = tape.input(sr.shape());
            hr.set(truth);
            tape.backward(L1Loss.apply(tape, sr, hr));
            Map<String, double[]> weights = PlainEdsr.weights(network.parameters());
            Parameter head = network.parameters().parameter("head.0.weight");
            assertGradient(
                    "loss to head.0.weight on " + device.name(),
                    moved -> {
                        Map<String, double[]> changed = new LinkedHashMap<>(weights);
                        changed.put("head.0.weight", moved);
                        return Plain.l1(new PlainEdsr(tiny(2)).forward(changed, doubles(image), LR), doubles(truth));
                    },
                    network.parameters().read("head.0.weight"),
                    requireNonNull(head.gradientArray()),
                    5e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "small, 2, 1369859",
        "small, 3, 1554499",
        "small, 4, 1517571",
        "large, 2, 40729603",
        "large, 3, 43680003",
        "large, 4, 43089923"
    })
    void hasAsManyParametersAsTheOfficialFiles(String size, int scale, long count) {
        Options options = size.equals("small") ? Options.small(scale) : Options.large(scale);
        try (Device device = Device.open("cpu")) {
            assertThat(Edsr.create(device, options, 0).parameters().count()).isEqualTo(count);
        }
    }

    @Test
    void namesThemAsEdsrPyTorch() {
        try (Device device = Device.open("cpu")) {
            for (int scale = 2; scale <= 4; scale++) {
                List<String> want = new ArrayList<>(List.of("head.0"));
                for (int i = 0; i < 16; i++) {
                    want.add("body." + i + ".body.0");
                    want.add("body." + i + ".body.2");
                }
                want.add("body.16");
                want.add("tail.0.0");
                if (scale == 4) {
                    want.add("tail.0.2");
                }
                want.add("tail.1");
                Map<String, Parameter> have = Edsr.create(device, Options.small(scale), 0)
                        .parameters()
                        .byName();
                assertThat(have.keySet())
                        .containsExactlyElementsOf(want.stream()
                                .flatMap(n -> List.of(n + ".weight", n + ".bias").stream())
                                .toList());
                int up = scale == 3 ? 576 : 256;
                assertThat(requireNonNull(have.get("tail.0.0.weight")).dimensions())
                        .containsExactly(up, 64, 3, 3);
                assertThat(requireNonNull(have.get("tail.1.bias")).dimensions()).containsExactly(3);
            }
        }
    }

    @Test
    void startsFromItsSeed() {
        try (Device device = Device.open("cpu")) {
            float[] one = Edsr.create(device, tiny(2), 1).parameters().read("tail.1.weight");
            assertThat(Edsr.create(device, tiny(2), 1).parameters().read("tail.1.weight"))
                    .isEqualTo(one);
            assertThat(Edsr.create(device, tiny(2), 2).parameters().read("tail.1.weight"))
                    .isNotEqualTo(one);
        }
    }

    /** What lies further away than the reach has no influence on a single bit. */
    @EveryDevice
    void reachesNoFurtherThanItSays(Device device) {
        Options options = new Options(1, 8, 1f, 2);
        Edsr network = Edsr.create(device, options, 3);
        int reach = network.reach();
        Shape s = new Shape(1, 3, 8, reach + 9);
        float[] image = uniform(s.elements(), 1);
        float[] before = upscale(device, network, s, image);
        for (int c = 0; c < 3; c++) {
            for (int h = 0; h < 8; h++) {
                for (int w = 0; w < 8; w++) {
                    image[(c * 8 + h) * s.w() + w] = 0.25f;
                }
            }
        }
        float[] after = upscale(device, network, s, image);
        int width = 2 * s.w();
        for (int row = 0; row < 3 * 16; row++) {
            for (int w = 2 * (8 + reach) - 1; w < width; w++) {
                assertThat(after[row * width + w]).isEqualTo(before[row * width + w]);
            }
        }
        assertThat(after).isNotEqualTo(before);
    }

    private static float[] upscale(Device device, Edsr network, Shape s, float[] image) {
        try (Tape tape = Tape.inference(device)) {
            Tensor lr = tape.input(s);
            lr.set(image);
            return network.forward(tape, lr).toArray();
        }
    }

    @Test
    void refusesBadOptions() {
        assertThatThrownBy(() -> new Options(16, 64, 1f, 5)).hasMessage("scale: want 2, 3 or 4, have 5");
        assertThatThrownBy(() -> new Options(0, 64, 1f, 2)).hasMessageStartingWith("edsr: want at least 1 block");
        assertThatThrownBy(() -> new Options(1, 64, Float.NaN, 2))
                .hasMessageStartingWith("edsr: want at least 1 block");
    }
}
