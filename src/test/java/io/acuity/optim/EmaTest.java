package io.acuity.optim;

import static io.acuity.tensor.Numbers.assertNear;
import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import io.acuity.device.GuardedDevice;
import io.acuity.tensor.ParameterSet;
import java.util.List;

class EmaTest {
    private static ParameterSet set(Device device, int count, long seed) {
        ParameterSet set = new ParameterSet();
        set.declare("w", List.of(count), uniform(count, seed));
        return set.allocate(device);
    }

    @EveryDevice
    void averages(Device device) {
        for (int count : new int[] {1, 17, 1009}) {
            GuardedDevice guarded = new GuardedDevice(device);
            ParameterSet source = set(guarded, count, 1);
            ParameterSet average = set(guarded, count, 2);
            Ema ema = new Ema(source, average, 0.3);
            double[] want = new double[count];
            for (int i = 0; i < count; i++) {
                want[i] = uniform(count, 2)[i];
            }
            for (int step = 0; step < 8; step++) {
                source.write("w", uniform(count, 10 + step));
                ema.step(step);
                double d = Math.min(0.3, (1.0 + step) / (10 + step));
                for (int i = 0; i < count; i++) {
                    want[i] = d * want[i] + (1 - d) * source.read("w")[i];
                }
            }
            assertNear("ema of " + count, average.read("w"), want, 1e-6);
            ema.reset();
            assertThat(average.read("w")).isEqualTo(source.read("w"));
            guarded.check();
        }
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        ParameterSet source = set(device, 3, 1);
        assertThatThrownBy(() -> new Ema(source, set(device, 17, 1), 0.9)).hasMessage("ema: want 16 numbers, have 32");
        assertThatThrownBy(() -> new Ema(source, set(device, 3, 1), 1)).hasMessage("ema decay: want [0, 1), have 1.0");
    }
}
