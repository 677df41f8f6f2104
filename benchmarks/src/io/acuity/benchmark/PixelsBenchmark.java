package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import org.openjdk.jmh.annotations.Param;

/** Samples of a picture to numbers and back. */
public class PixelsBenchmark extends Timed {
    @Param({"1x3x720x1280"})
    public String shape = "1x3x720x1280";

    @Param({"u8_to_tensor", "tensor_to_u8", "u16_to_tensor", "tensor_to_u16"})
    public String pass = "u8_to_tensor";

    @Override
    protected Runnable prepare(Bench on) {
        long count = Layer.shape(shape).elements();
        Buffer tensor = on.room(count);
        Buffer samples = on.room(count);
        on.device().fill(tensor, Float.floatToRawIntBits(0.5f));
        on.device().fill(samples, 0x40302010);
        boolean toTensor = pass.endsWith("tensor");
        float most = pass.contains("u8") ? 255f : 65535f;
        return on.kernel(
                pass,
                Grid.cover(count),
                toTensor ? samples : tensor,
                toTensor ? tensor : samples,
                toTensor ? 1 / most : most,
                count);
    }

    @Override
    public Work work() {
        int bytes = pass.contains("u8") ? 5 : 6;
        return new Work(0, (double) bytes * Layer.shape(shape).elements());
    }
}
