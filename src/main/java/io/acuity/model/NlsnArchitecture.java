package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;

/** NLSN's sizes, read off the names and shapes of its tensors; how it attends must be noted or is as published. */
final class NlsnArchitecture implements Architecture {
    @Override
    public String name() {
        return "nlsn";
    }

    @Override
    public boolean recognises(StateDict state) {
        return TensorNames.has(state, "head.0.weight")
                && TensorNames.has(state, "body.0.conv_match.0.weight")
                && TensorNames.has(state, "body.1.body.0.weight");
    }

    @Override
    public Hyperparameters read(String source, StateDict state) {
        int features = TensorNames.features(source, state);
        int blocks = 0;
        int interval = 0;
        int k = 1;
        while (block(state, k) || attention(state, k)) {
            if (block(state, k)) {
                blocks++;
            } else if (interval == 0) {
                interval = blocks;
            }
            k++;
        }
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("blocks", blocks);
        values.put("interval", interval == 0 ? blocks + 1 : interval);
        values.put("features", features);
        values.put("res_scale", (float) TensorNames.noted(source, state, "res_scale", 0.1));
        values.put("hashes", (int) TensorNames.noted(source, state, "hashes", 4));
        values.put("chunk", (int) TensorNames.noted(source, state, "chunk", 144));
        values.put("range", (int) TensorNames.range(source, state));
        return new Hyperparameters(TensorNames.scale(source, state, features), values);
    }

    private static boolean block(StateDict state, int k) {
        return TensorNames.has(state, "body." + k + ".body.0.weight");
    }

    private static boolean attention(StateDict state, int k) {
        return TensorNames.has(state, "body." + k + ".conv_match.0.weight");
    }

    @Override
    public Network create(Device device, Hyperparameters settings, long seed) {
        settings.only(name(), "blocks", "interval", "features", "res_scale", "hashes", "chunk", "range");
        Nlsn.Options published = Nlsn.Options.published(settings.scale());
        Nlsn.Options options = new Nlsn.Options(
                settings.whole("blocks", published.blocks()),
                settings.whole("interval", published.interval()),
                settings.whole("features", published.features()),
                (float) settings.number("res_scale", published.residualScale()),
                settings.whole("hashes", published.rounds()),
                settings.whole("chunk", published.chunk()),
                (float) settings.number("range", published.range()),
                settings.scale());
        return Nlsn.create(device, options, seed);
    }
}
