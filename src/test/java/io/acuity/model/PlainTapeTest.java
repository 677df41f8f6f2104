package io.acuity.model;

import static io.acuity.tensor.Numbers.assertGradient;
import static io.acuity.tensor.Numbers.doubles;
import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;

import io.acuity.device.Device;
import io.acuity.model.PlainTape.Num;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The truth that networks are compared with has the derivatives that finite differences show. */
class PlainTapeTest {
    private static final Shape LR = new Shape(2, 3, 4, 5);

    static Map<String, PlainNetworks.Plain> plains() {
        return Map.of(
                "edsr", PlainNetworks.edsr(new Edsr.Options(1, 4, 0.5f, 2)),
                "nlsn", PlainSparseAttention.nlsn(NlsnTest.tiny(4, 2, 2)),
                "rcan", PlainNetworks.rcan(new Rcan.Options(1, 2, 4, 2, 1f, 2)),
                "han", PlainNetworks.han(new Rcan.Options(2, 1, 4, 2, 1f, 2)));
    }

    static java.util.stream.Stream<String> names() {
        return plains().keySet().stream().sorted();
    }

    private static Network network(String name, Device device) {
        return switch (name) {
            case "edsr" -> Edsr.create(device, new Edsr.Options(1, 4, 0.5f, 2), 3);
            case "nlsn" -> Nlsn.create(device, NlsnTest.tiny(4, 2, 2), 3);
            case "han" -> HanTest.attentive(device, new Rcan.Options(2, 1, 4, 2, 1f, 2));
            default -> Rcan.create(device, new Rcan.Options(1, 2, 4, 2, 1f, 2), 3);
        };
    }

    @ParameterizedTest
    @MethodSource("names")
    void differentiates(String name) {
        PlainNetworks.Plain plain = requireNonNull(plains().get(name));
        try (Device device = Device.open("cpu")) {
            Map<String, float[]> values = new LinkedHashMap<>();
            Network network = network(name, device);
            for (Parameter p : network.parameters().byName().values()) {
                values.put(p.name(), network.parameters().read(p.name()));
            }
            float[] image = uniform(LR.elements(), 1);
            double[] target = doubles(uniform(LR.elements() * 4, 2));
            PlainTape tape = new PlainTape();
            Map<String, Num> weights = nums(values, "", new double[0]);
            Num lr = new Num(LR, doubles(image));
            tape.backward(tape.l1(plain.forward(tape, weights, lr), target));
            assertGradient(
                    name + " image", x -> loss(plain, nums(values, "", x), x, target), image, floats(lr.slope), 1e-5);
            for (Map.Entry<String, float[]> p : values.entrySet()) {
                assertGradient(
                        name + " " + p.getKey(),
                        moved -> loss(plain, nums(values, p.getKey(), moved), doubles(image), target),
                        p.getValue(),
                        floats(requireNonNull(weights.get(p.getKey())).slope),
                        1e-5);
            }
        }
    }

    private static double loss(PlainNetworks.Plain plain, Map<String, Num> weights, double[] image, double[] target) {
        PlainTape tape = new PlainTape();
        return tape.l1(plain.forward(tape, weights, new Num(LR, image)), target).data[0];
    }

    private static Map<String, Num> nums(Map<String, float[]> values, String other, double[] instead) {
        Map<String, Num> nums = new LinkedHashMap<>();
        values.forEach((name, v) ->
                nums.put(name, new Num(new Shape(1, 1, 1, v.length), name.equals(other) ? instead : doubles(v))));
        return nums;
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }
}
