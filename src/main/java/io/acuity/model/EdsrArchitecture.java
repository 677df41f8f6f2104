package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;

/** EDSR's sizes, read off the names and shapes of its tensors; only the residual scale must be noted or guessed. */
final class EdsrArchitecture implements Architecture {
    @Override
    public String name() {
        return "edsr";
    }

    @Override
    public boolean recognises(StateDict state) {
        return TensorNames.has(state, "head.0.weight")
                && TensorNames.has(state, "body.0.body.0.weight")
                && TensorNames.has(state, "body.0.body.2.weight");
    }

    @Override
    public Hyperparameters read(String source, StateDict state) {
        int features = TensorNames.features(source, state);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("blocks", TensorNames.count(state, "body.", ".body.0.weight"));
        values.put("features", features);
        values.put("res_scale", TensorNames.noted(source, state, "res_scale", published(features)));
        return new Hyperparameters(TensorNames.scale(source, state, features), values);
    }

    /** EDSR-L is published with 0.1 on every branch, the 64-feature ones with 1. */
    private static double published(int features) {
        return features >= 256 ? 0.1 : 1;
    }

    @Override
    public Network create(Device device, Hyperparameters settings, long seed) {
        settings.only(name(), "blocks", "features", "res_scale");
        int features = settings.whole("features", 64);
        float residualScale = (float) settings.number("res_scale", published(features));
        return Edsr.create(
                device,
                new Edsr.Options(settings.whole("blocks", 16), features, residualScale, settings.scale()),
                seed);
    }
}
