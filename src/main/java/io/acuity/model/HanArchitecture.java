package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;

/** HAN's sizes are RCAN's; its layer attention tells it apart. */
final class HanArchitecture implements Architecture {
    @Override
    public String name() {
        return "han";
    }

    @Override
    public boolean recognises(StateDict state) {
        return TensorNames.has(state, "la.gamma") && TensorNames.has(state, RcanArchitecture.ATTENTION);
    }

    @Override
    public Hyperparameters read(String source, StateDict state) {
        return RcanArchitecture.sizes(source, state);
    }

    @Override
    public Network create(Device device, Hyperparameters settings, long seed) {
        return Han.create(device, RcanArchitecture.options(name(), settings), seed);
    }
}
