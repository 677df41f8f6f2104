package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;

/** RCAN's sizes, read off the names and shapes of its tensors. */
final class RcanArchitecture implements Architecture {
    static final String ATTENTION = "body.0.body.0.body.3.conv_du.0.weight";

    @Override
    public String name() {
        return "rcan";
    }

    @Override
    public boolean recognises(StateDict state) {
        return TensorNames.has(state, ATTENTION) && !TensorNames.has(state, "la.gamma");
    }

    @Override
    public Hyperparameters read(String source, StateDict state) {
        return sizes(source, state);
    }

    /** Those of HAN are the same. */
    static Hyperparameters sizes(String source, StateDict state) {
        int features = TensorNames.features(source, state);
        int reduced = TensorNames.size(source, state, ATTENTION, 0);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("groups", TensorNames.count(state, "body.", ".body.0.body.0.weight"));
        values.put("blocks", TensorNames.count(state, "body.0.body.", ".body.0.weight"));
        values.put("features", features);
        values.put("reduction", features / Math.max(1, reduced));
        values.put("range", (int) TensorNames.range(source, state));
        return new Hyperparameters(TensorNames.scale(source, state, features), values);
    }

    @Override
    public Network create(Device device, Hyperparameters settings, long seed) {
        return Rcan.create(device, options(name(), settings), seed);
    }

    static Rcan.Options options(String name, Hyperparameters settings) {
        settings.only(name, "groups", "blocks", "features", "reduction", "range");
        Rcan.Options published = Rcan.Options.published(settings.scale());
        return new Rcan.Options(
                settings.whole("groups", published.groups()),
                settings.whole("blocks", published.blocks()),
                settings.whole("features", published.features()),
                settings.whole("reduction", published.reduction()),
                (float) settings.number("range", published.range()),
                settings.scale());
    }
}
