package io.acuity.op;

import static io.acuity.tensor.Numbers.uniform;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.GuardedDevice;
import io.acuity.device.Precision;
import io.acuity.tensor.Arena;
import io.acuity.tensor.Parameter;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightGradientGroupTest {
    private static final Shape SHAPE = new Shape(2, 8, 9, 17);

    /** Gradients of two weights, of which the first is used again behind the second and is added to. */
    private static List<float[]> gradients(boolean defers) {
        GuardedDevice device = new GuardedDevice(Device.open("emu", Precision.BF16));
        ParameterSet set = new ParameterSet();
        Parameter first = set.declare("first", List.of(8, 8, 3, 3), uniform(576, 1));
        Parameter bias = set.declare("bias", List.of(8), uniform(8, 2));
        Parameter second = set.declare("second", List.of(8, 8, 3, 3), uniform(576, 3));
        set.allocate(device);
        try (Tape tape = Tape.recording(Arena.poisoned(device))) {
            tape.defers(defers);
            Tensor x = tape.input(SHAPE);
            x.set(uniform(SHAPE.elements(), 4));
            Tensor once = Conv3x3.apply(tape, x, first, bias, Conv3x3.Epilogue.RELU);
            Tensor between = Conv3x3.apply(tape, once, second, null, Conv3x3.Epilogue.residual(once, 0.5f));
            Tensor again = Conv3x3.apply(tape, between, first, bias, Conv3x3.Epilogue.NONE);
            tape.backward(Conv3x3.apply(tape, again, second, null, Conv3x3.Epilogue.NONE), null);
            device.check();
            return List.of(
                    requireNonNull(first.gradientArray()),
                    requireNonNull(bias.gradientArray()),
                    requireNonNull(second.gradientArray()));
        }
    }

    @Test
    void aWeightUsedTwiceGetsBothContributionsInTheirOrder() {
        List<float[]> alone = gradients(false);
        List<float[]> grouped = gradients(true);
        for (int i = 0; i < alone.size(); i++) {
            assertThat(grouped.get(i)).isEqualTo(alone.get(i));
        }
    }

    /** Sixteen of 32 MiB are the 512 MiB that may be kept: patches of 48 x 48 with 64 channels up to a batch of 113. */
    @Test
    void largeGradientsAreNotKept() {
        try (Device device = Device.open("emu")) {
            assertThat(WeightGradientGroup.pays(new Buffer(device, 0, 113L * 64 * 48 * 48 * 2)))
                    .isTrue();
            assertThat(WeightGradientGroup.pays(new Buffer(device, 0, 114L * 64 * 48 * 48 * 2)))
                    .isFalse();
        }
    }
}
