package io.acuity.model;

import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import io.acuity.weights.WeightsException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Trained models inside the jar, each a file {@code NAME.safetensors} beside this class. */
public final class ShippedModels {
    /** The one that is used when none is named. */
    public static final String DEFAULT = "edsr-s-x4";

    private static final List<String> NAMES = List.of(DEFAULT);

    private ShippedModels() {}

    public static List<String> names() {
        return NAMES;
    }

    /**
     * The weights and notes of a shipped model.
     *
     * @throws WeightsException if there is none of this name
     */
    public static StateDict read(String name) {
        try (InputStream in =
                NAMES.contains(name) ? ShippedModels.class.getResourceAsStream(name + ".safetensors") : null) {
            if (in == null) {
                throw new WeightsException("model " + name + ": want one that is shipped (" + String.join(", ", NAMES)
                        + "), have none of this name");
            }
            return Safetensors.read(name, in);
        } catch (IOException e) {
            throw new WeightsException("model " + name + " cannot be read from the jar", e);
        }
    }
}
