package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.metric.Luma;
import io.acuity.metric.Pixels;
import io.acuity.metric.Plane;
import io.acuity.metric.Protocol;
import io.acuity.metric.Score;
import io.acuity.model.Vdsr;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;

/** VDSR as its authors measured it: luma of HR goes down and up, the network improves it, and nothing is rounded. */
final class LumaScore {
    private LumaScore() {}

    static Score of(Vdsr network, Pixels hr, int scale) {
        Plane luma = Luma.of(hr.modcropped(scale), false, false);
        Plane up = Reference.downAndUp(luma, scale);
        Device device = network.parameters().device();
        try (Tape tape = Tape.inference(device)) {
            Tensor y = tape.plain(new Shape(1, 1, luma.height(), luma.width()));
            float[] values = new float[up.values().length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (up.values()[i] / 255);
            }
            y.set(values);
            float[] result = network.luma(tape, y).toArray();
            double[] clamped = new double[result.length];
            for (int i = 0; i < clamped.length; i++) {
                clamped[i] = Math.clamp(result[i] * 255.0, 0, 255);
            }
            return Protocol.VDSR.scoreShaved(luma, new Plane(luma.width(), luma.height(), clamped), scale);
        }
    }
}
