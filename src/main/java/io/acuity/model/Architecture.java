package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;

/** One kind of network: how a model file of it is recognised, and how one is made from its hyper-parameters. */
public interface Architecture {
    /** The short name in model files and configurations: {@code edsr}. */
    String name();

    /**
     * Whether tensors of these names and shapes are of this kind. At most one architecture may say so; sizes that do not go
     * together are no reason to say no.
     */
    boolean recognises(StateDict state);

    /**
     * Scale and hyper-parameters of a network that {@link #recognises recognised} tensors belong to.
     *
     * @param source what to call the source in messages
     * @throws io.acuity.weights.WeightsException if the sizes fit no network of this kind
     */
    Hyperparameters read(String source, StateDict state);

    /** Peak value of a pixel that stored weights of this kind were made for, 1 or 255: noted, told by the tensors, or assumed. */
    default float range(String source, StateDict state) {
        return TensorNames.range(source, state);
    }

    /** Whether the same weights serve every scale, so that the one that is wanted counts, not the one that is noted. */
    default boolean anyScale() {
        return false;
    }

    /**
     * A network with random weights.
     *
     * @param settings what is not given there has the value of the published network
     * @throws IllegalArgumentException wanted and given value of a hyper-parameter
     */
    Network create(Device device, Hyperparameters settings, long seed);
}
