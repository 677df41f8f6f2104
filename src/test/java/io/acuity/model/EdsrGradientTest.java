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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradients of a training step of EDSR in bf16, on emulated tensor cores, against those of the CPU in fp32. */
class EdsrGradientTest {
    private static final Shape LR = new Shape(2, 3, 9, 17);

    /** Of the length of a gradient: gradients of features are rounded too. */
    private static final double GRADIENT_TOLERANCE = 1.0 / 64;

    /** Where a ReLU follows: features near 0 may be rounded to its other side, and what comes back to them is then all wrong. */
    private static final double RECTIFIED_GRADIENT_TOLERANCE = 1.0 / 16;

    /** The first convolution of each residual block. */
    private static final String RECTIFIED = ".body.0.";

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void hasTheGradientsOfFp32(int scale) {
        for (boolean collapsed : new boolean[] {false, true}) {
            Map<String, float[]> plain = gradients("cpu", Precision.FP32, scale, collapsed);
            Map<String, float[]> half = gradients("emu", Precision.BF16, scale, collapsed);
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
                        .as("gradient of %s, scale %d, collapsed %s", name, scale, collapsed)
                        .isLessThan(name.contains(RECTIFIED) ? RECTIFIED_GRADIENT_TOLERANCE : GRADIENT_TOLERANCE);
            });
        }
    }

    private static Edsr network(Device device, int scale, boolean collapsed) {
        Edsr network = Edsr.create(device, new Edsr.Options(2, 20, 0.5f, scale), 3);
        network.collapse(collapsed);
        return network;
    }

    private static Tensor picture(Tape tape) {
        Tensor picture = tape.plain(LR);
        float[] values = new float[Math.toIntExact(LR.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.5 + 0.5 * Math.sin(0.37 * i));
        }
        picture.set(values);
        return picture;
    }

    /** Gradients of the mean absolute difference from a picture that no result comes near: there its slope would jump. */
    private static Map<String, float[]> gradients(String name, Precision precision, int scale, boolean collapsed) {
        try (Device device = Device.open(name, precision);
                Tape tape = Tape.recording(device)) {
            Edsr network = network(device, scale, collapsed);
            Tensor sr = network.forward(tape, picture(tape));
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
