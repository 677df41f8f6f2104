package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.StateDict;
import io.acuity.weights.WeightsException;
import java.util.List;

/** The kinds of networks known here. */
public final class Architectures {
    /** A new kind is one more element. */
    private static final List<Architecture> ALL = List.of(
            new EdsrArchitecture(),
            new RcanArchitecture(),
            new HanArchitecture(),
            new NlsnArchitecture(),
            new VdsrArchitecture(),
            new ImdnArchitecture());

    private Architectures() {}

    /** Short names, as configurations take them. */
    public static List<String> names() {
        return ALL.stream().map(Architecture::name).toList();
    }

    /**
     * The kind of this name.
     *
     * @throws IllegalArgumentException known names and the given one
     */
    public static Architecture named(String name) {
        return ALL.stream()
                .filter(kind -> kind.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("architecture: want one of " + names() + ", have " + name));
    }

    /** A network with random weights, by its architecture's name. */
    public static Network create(String name, Device device, Hyperparameters settings, long seed) {
        return named(name).create(device, settings, seed);
    }

    /**
     * The kind of network that these tensors belong to.
     *
     * @param source what to call the source in messages
     * @throws WeightsException when they belong to none
     */
    public static Architecture of(String source, StateDict state) {
        return ALL.stream()
                .filter(kind -> kind.recognises(state))
                .findFirst()
                .orElseThrow(
                        () -> new WeightsException(source + " holds no network known here: want the tensors of one of "
                                + names() + ", have " + TensorNames.glimpse(state)));
    }
}
