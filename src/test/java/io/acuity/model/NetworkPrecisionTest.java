package io.acuity.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.device.cuda.StandIn;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks in bf16 against the same in fp32, from picture to picture. */
class NetworkPrecisionTest {
    private static final Shape LR = new Shape(2, 3, 9, 17);

    /** A bf16 number is off by at most 1/256 of itself; features are rounded after each of the few layers. */
    private static final double TOLERANCE = 1.0 / 64;

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void edsrUpscalesAsInFp32(int scale) {
        for (boolean collapsed : new boolean[] {false, true}) {
            agrees("edsr", scale, collapsed, device -> Edsr.create(device, new Edsr.Options(2, 20, 0.5f, scale), 3));
        }
    }

    @Test
    void rcanUpscalesAsInFp32() {
        agrees("rcan", 2, true, device -> Rcan.create(device, new Rcan.Options(2, 2, 20, 4, 255f, 2), 3));
    }

    @Test
    void imdnUpscalesAsInFp32() {
        agrees("imdn", 2, true, device -> Imdn.create(device, new Imdn.Options(2, 20, 5, 2), 3));
    }

    @Test
    void vdsrUpscalesAsInFp32() {
        agrees("vdsr", 2, true, device -> Vdsr.create(device, new Vdsr.Options(4, 20, 2), 3));
    }

    private static void agrees(String name, int scale, boolean collapsed, Function<Device, Network> create) {
        float[] plain = upscaled(Precision.FP32, collapsed, create);
        float[] half = upscaled(Precision.BF16, collapsed, create);
        assertThat(half).hasSameSizeAs(plain).isNotEqualTo(plain);
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < plain.length; i++) {
            largest = Math.max(largest, Math.abs(plain[i]));
            difference = Math.max(difference, Math.abs((double) plain[i] - half[i]));
        }
        assertThat(difference / largest)
                .as("largest error, of the largest value, %s, scale %d, collapsed %s", name, scale, collapsed)
                .isLessThan(TOLERANCE);
    }

    /** A GPU's device takes the same memory and launches the same forms as the emulator: the same bits, on a stand-in. */
    @Test
    void aGpuUpscalesInBf16() {
        Function<Device, Network> create = device -> Edsr.create(device, new Edsr.Options(1, 20, 1f, 2), 3);
        Device gpu = StandIn.open(Precision.BF16);
        assertThat(gpu.precision()).isEqualTo(Precision.BF16);
        assertThat(gpu.describe()).endsWith(", bf16)");
        assertThat(upscaled(gpu, true, create)).isEqualTo(upscaled(Precision.BF16, true, create));
    }

    private static float[] upscaled(Precision precision, boolean collapsed, Function<Device, Network> create) {
        return upscaled(Device.open("emu", precision), collapsed, create);
    }

    private static float[] upscaled(Device opened, boolean collapsed, Function<Device, Network> create) {
        try (Device device = opened;
                Tape tape = Tape.inference(device)) {
            Network network = create.apply(device);
            Tensor lr = tape.plain(LR);
            float[] values = new float[Math.toIntExact(LR.elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.5 + 0.5 * Math.sin(0.37 * i));
            }
            lr.set(values);
            network.collapse(collapsed);
            float[] sr = network.forward(tape, lr).toArray();
            network.parameters().close();
            return sr;
        }
    }
}
