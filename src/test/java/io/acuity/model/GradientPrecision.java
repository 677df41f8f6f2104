package io.acuity.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.op.L1Loss;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The gradients of a training step in bf16, on emulated tensor cores, against those of the CPU in fp32. */
final class GradientPrecision {
    private GradientPrecision() {}

    /**
     * Compares them.
     *
     * @param tolerance how far apart they may be, of the length of the gradient of the parameter so named
     */
    static void check(String what, Shape lr, Function<Device, Network> create, ToDoubleFunction<String> tolerance) {
        Map<String, float[]> plain = gradients("cpu", Precision.FP32, lr, create);
        Map<String, float[]> half = gradients("emu", Precision.BF16, lr, create);
        assertThat(half).hasSameSizeAs(plain);
        plain.forEach((name, want) -> {
            float[] have = requireNonNull(half.get(name), name);
            assertThat(have).isNotEqualTo(want);
            double length = 0;
            double difference = 0;
            for (int i = 0; i < want.length; i++) {
                length += (double) want[i] * want[i];
                difference += Math.pow((double) want[i] - have[i], 2);
            }
            assertThat(Math.sqrt(difference / length))
                    .as("gradient of %s, %s", name, what)
                    .isLessThan(tolerance.applyAsDouble(name));
        });
    }

    private static Tensor picture(Tape tape, Shape lr) {
        Tensor picture = tape.plain(lr);
        float[] values = new float[Math.toIntExact(lr.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.5 + 0.5 * Math.sin(0.37 * i));
        }
        picture.set(values);
        return picture;
    }

    /** Gradients of the mean absolute difference from a picture that no result comes near: there its slope would jump. */
    private static Map<String, float[]> gradients(
            String name, Precision precision, Shape lr, Function<Device, Network> create) {
        try (Device device = Device.open(name, precision);
                Tape tape = Tape.recording(device)) {
            Network network = create.apply(device);
            Tensor sr = network.forward(tape, picture(tape, lr));
            Tensor hr = tape.plain(sr.shape());
            float[] values = new float[Math.toIntExact(sr.shape().elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.sin(0.37 * i) > -0.5 ? 9f : -9f;
            }
            hr.set(values);
            tape.backward(L1Loss.apply(tape, sr, hr));
            Map<String, float[]> gradients = new LinkedHashMap<>();
            network.parameters()
                    .byName()
                    .forEach((key, parameter) ->
                            gradients.put(key, requireNonNull(parameter.gradientArray(), key + ": no gradient")));
            network.parameters().close();
            return gradients;
        }
    }
}
