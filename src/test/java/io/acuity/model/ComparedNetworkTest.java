package io.acuity.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.acuity.device.CapturedLaunches;
import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.op.Add;
import io.acuity.op.GradientNorm;
import io.acuity.op.HaarTransform;
import io.acuity.op.L1Loss;
import io.acuity.op.PixelLoss;
import io.acuity.optim.Adam;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A network's loss on pixels formed with its picture is that of the picture, and so is a step of training. */
class ComparedNetworkTest {
    private static final String FUSED = "conv5x5_forward_loss";

    private record Step(
            float mean,
            float norm,
            float besideNorm,
            Map<String, float[]> gradients,
            Map<String, float[]> weights,
            List<String> kernels) {}

    /** What is asked of a step: a second loss at the picture, and its number mode. */
    private record Kind(boolean haar, Precision precision) {}

    private static Step step(Function<Device, Network> make, Shape shape, boolean whole, Kind kind) {
        try (CapturedLaunches device = new CapturedLaunches(Device.open("emu", kind.precision()));
                GradientNorm norm = GradientNorm.on(device);
                GradientNorm besideNorm = GradientNorm.on(device);
                Tape tape = Tape.recording(Arena.poisoned(device))) {
            tape.defers(true);
            Network network = make.apply(device);
            Adam adam = new Adam(network.parameters(), Adam.Options.DEFAULT);
            float[] mean = new float[1];
            device.note(() -> {
                Tensor lr = tape.plain(shape);
                lr.set(Numbers.uniform(shape.elements(), 1));
                int r = network.scale();
                Tensor hr = tape.plain(new Shape(shape.n(), 3, shape.h() * r, shape.w() * r));
                hr.set(Numbers.uniform(hr.shape().elements(), 2));
                PixelLoss loss = new PixelLoss(hr, 0.75f, norm, kind.haar());
                PixelLoss.Result pixels =
                        whole ? network.compare(tape, lr, loss) : loss.of(tape, network.forward(tape, lr));
                Tensor total = pixels.weighted();
                if (kind.haar()) {
                    Tensor bands = HaarTransform.apply(tape, besideNorm.through(tape, pixels.picture()));
                    total = Add.apply(tape, total, L1Loss.apply(tape, bands, HaarTransform.apply(tape, hr)));
                }
                tape.backward(total);
                mean[0] = pixels.mean().item();
            });
            Map<String, float[]> gradients = new LinkedHashMap<>();
            network.parameters()
                    .byName()
                    .forEach((key, parameter) ->
                            gradients.put(key, requireNonNull(parameter.gradientArray(), key + ": no gradient")));
            adam.step(1e-3);
            Map<String, float[]> weights = new LinkedHashMap<>();
            network.parameters()
                    .byName()
                    .keySet()
                    .forEach(key -> weights.put(key, network.parameters().read(key)));
            Step step = new Step(mean[0], norm.value(), besideNorm.value(), gradients, weights, device.kernels());
            adam.close();
            network.parameters().close();
            return step;
        }
    }

    private static void assertSameBits(Map<String, float[]> have, Map<String, float[]> want) {
        assertThat(have).containsOnlyKeys(want.keySet());
        want.forEach((name, values) -> assertThat(have.get(name)).as(name).isEqualTo(values));
    }

    /** @param fewer how many launches are saved, of a loss with a weight: 12 of them copy rectangles */
    private static void assertSame(Function<Device, Network> make, Shape shape, boolean haar, int fewer) {
        Kind kind = new Kind(haar, Precision.BF16);
        Step have = step(make, shape, true, kind);
        Step want = step(make, shape, false, kind);
        assertThat(have.kernels()).containsOnlyOnce(FUSED, "tail_ring_loss", "tail_loss_reduce", "tail_ring_backward");
        assertThat(want.kernels()).doesNotContain(FUSED).hasSize(have.kernels().size() + fewer);
        List<String> gone = List.of("conv5x5_forward", "conv5x5_forward_tail", "gradient_norm_parts");
        assertThat(have.kernels().stream().filter(gone::contains).count()).isEqualTo(haar ? 1 : 0);
        assertThat(have.mean()).isCloseTo(want.mean(), offset(1e-6f * want.mean()));
        assertThat(have.norm()).isPositive().isCloseTo(want.norm(), offset(1e-6f * want.norm()));
        assertThat(have.besideNorm()).isEqualTo(want.besideNorm());
        assertSameBits(have.gradients(), want.gradients());
        assertSameBits(have.weights(), want.weights());
    }

    private static Function<Device, Network> edsr(int scale) {
        return device -> Edsr.create(device, new Edsr.Options(1, 12, 0.5f, scale), 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void ofEdsr(int scale) {
        Shape shape = scale == 2 ? new Shape(2, 3, 9, 17) : new Shape(1, 3, 5, 8);
        assertSame(edsr(scale), shape, false, 17);
        assertSame(edsr(scale), scale == 3 ? new Shape(1, 3, 6, 10) : shape, true, 18);
    }

    /** Of range 255, so that a factor lies between the tail and the picture. */
    @Test
    void ofRcan() {
        Function<Device, Network> make = device -> Rcan.create(device, new Rcan.Options(1, 1, 8, 4, 255f, 2), 5);
        assertSame(make, new Shape(1, 3, 5, 6), false, 19);
        assertSame(make, new Shape(1, 3, 5, 6), true, 19);
    }

    @Test
    void theRestFormTheirPictureFirst() {
        Kind half = new Kind(false, Precision.BF16);
        Shape small = new Shape(1, 3, 5, 6);
        Function<Device, Network> layers = device -> edsr(2).apply(device).collapse(false);
        Function<Device, Network> imdn = device -> Imdn.create(device, new Imdn.Options(1, 20, 5, 2), 5);
        assertUnfused(step(edsr(2), small, true, new Kind(false, Precision.FP32)), edsr(2), small, Precision.FP32);
        assertUnfused(step(layers, small, true, half), layers, small, Precision.BF16);
        Shape tiny = new Shape(1, 3, 4, 6);
        assertUnfused(step(edsr(2), tiny, true, half), edsr(2), tiny, Precision.BF16);
        assertUnfused(step(imdn, small, true, half), imdn, small, Precision.BF16);
    }

    private static void assertUnfused(Step have, Function<Device, Network> make, Shape shape, Precision precision) {
        assertThat(have.kernels()).doesNotContain(FUSED).contains("l1_loss_backward");
        Step want = step(make, shape, false, new Kind(false, precision));
        assertThat(have.mean()).isEqualTo(want.mean());
        assertSameBits(have.weights(), want.weights());
    }
}
