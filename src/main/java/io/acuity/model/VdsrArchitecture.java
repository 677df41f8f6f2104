package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;

/** VDSR's sizes, read off the names and shapes of its tensors; one file serves every scale. */
final class VdsrArchitecture implements Architecture {
    private static final String INPUT = "input.weight";
    private static final int USUAL_SCALE = 4;

    @Override
    public String name() {
        return "vdsr";
    }

    @Override
    public boolean recognises(StateDict state) {
        return TensorNames.has(state, INPUT) && TensorNames.has(state, "residual_layer.0.conv.weight");
    }

    @Override
    public Hyperparameters read(String source, StateDict state) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("layers", 2 + TensorNames.count(state, "residual_layer.", ".conv.weight"));
        values.put("features", TensorNames.size(source, state, INPUT, 0));
        return new Hyperparameters(TensorNames.notedScale(source, state, USUAL_SCALE), values);
    }

    @Override
    public float range(String source, StateDict state) {
        return 1f;
    }

    @Override
    public boolean anyScale() {
        return true;
    }

    @Override
    public Network create(Device device, Hyperparameters settings, long seed) {
        settings.only(name(), "layers", "features");
        Vdsr.Options published = Vdsr.Options.published(settings.scale());
        return Vdsr.create(
                device,
                new Vdsr.Options(
                        settings.whole("layers", published.layers()),
                        settings.whole("features", published.features()),
                        settings.scale()),
                seed);
    }
}
