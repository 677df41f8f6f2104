package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;
import io.acuity.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.Map;

/** IMDN's sizes, read off the names and shapes of its tensors. */
final class ImdnArchitecture implements Architecture {
    private static final String HEAD = "model.0.weight";
    private static final String FIRST = "model.1.sub.0.conv1.0.weight";
    private static final String TAIL = "model.2.weight";

    @Override
    public String name() {
        return "imdn";
    }

    @Override
    public boolean recognises(StateDict state) {
        return TensorNames.has(state, HEAD) && TensorNames.has(state, FIRST);
    }

    @Override
    public float range(String source, StateDict state) {
        return 1f;
    }

    @Override
    public Hyperparameters read(String source, StateDict state) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("blocks", TensorNames.count(state, "model.1.sub.", ".conv1x1.weight"));
        values.put("features", TensorNames.size(source, state, HEAD, 0));
        values.put("distilled", TensorNames.size(source, state, "model.1.sub.0.conv4.weight", 0));
        int outputs = TensorNames.size(source, state, TAIL, 0);
        for (int scale = 2; scale <= 4; scale++) {
            if (outputs == 3 * scale * scale) {
                return new Hyperparameters(scale, values);
            }
        }
        throw new WeightsException(source + ": want " + TAIL + " with 12, 27 or 48 outputs, have " + outputs);
    }

    @Override
    public Network create(Device device, Hyperparameters settings, long seed) {
        settings.only(name(), "blocks", "features", "distilled");
        Imdn.Options published = Imdn.Options.published(settings.scale());
        return Imdn.create(
                device,
                new Imdn.Options(
                        settings.whole("blocks", published.blocks()),
                        settings.whole("features", published.features()),
                        settings.whole("distilled", published.distilled()),
                        settings.scale()),
                seed);
    }
}
