package io.acuity.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.EveryDevice;
import java.lang.foreign.MemorySegment;

class TensorTest {
    /** On the device the channels of a pixel lie together. */
    @EveryDevice
    void convertsItsOrderAtTheEdge(Device device) {
        Buffer memory = device.allocate(2 * 3 * 2 * Float.BYTES);
        Tensor x = Tensor.of(new Shape(1, 3, 2, 2), memory);
        float[] nchw = {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23};
        x.set(nchw);
        float[] raw = new float[12];
        device.download(memory, MemorySegment.ofArray(raw));
        assertThat(raw).containsExactly(0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23);
        assertThat(x.toArray()).isEqualTo(nchw);
        assertThat(x.gradientArray()).as("no gradient reached it").containsOnly(0f);
        assertThat(x.detach().needsGradient()).isFalse();
        assertThat(x).hasToString("Tensor[1, 3, 2, 2] on " + device.name());
    }

    @EveryDevice
    void refusesWhatDoesNotFit(Device device) {
        Buffer memory = device.allocate(20);
        assertThatThrownBy(() -> Tensor.of(new Shape(1, 1, 2, 3), memory))
                .hasMessage("tensor [1, 1, 2, 3]: want 24 bytes, have 20");
        Tensor x = Tensor.of(new Shape(1, 1, 1, 5), memory);
        assertThatThrownBy(() -> x.set(new float[4])).hasMessage("tensor [1, 1, 1, 5]: want 5 numbers, have 4");
        assertThatThrownBy(x::item).hasMessage("item: want a tensor of one number, have [1, 1, 1, 5]");
    }
}
