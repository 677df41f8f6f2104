package io.acuity.model;

import io.acuity.device.Device;
import io.acuity.weights.ModelBytes;
import io.acuity.weights.StateDict;
import io.acuity.weights.WeightsException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Models by the name of a shipped one or by file. */
public final class Models {
    /** The model that is used when none is named. */
    public static final String DEFAULT = "edsr_s_x4";

    private static final List<String> SHIPPED = List.of(DEFAULT);

    private Models() {}

    /** Names of the models that come with the program. */
    public static List<String> shipped() {
        return SHIPPED;
    }

    /**
     * Opens a model.
     *
     * @param name a shipped model's name, or a file
     * @throws WeightsException if it is neither, or the file holds no network known here
     */
    public static Network open(String name, Device device) {
        return open(name, device, 0);
    }

    /**
     * The same, for {@code scale} where the weights serve every one.
     *
     * @param scale how many times longer a side is to become, or 0 for the one noted in the file
     */
    public static Network open(String name, Device device, int scale) {
        return ModelFile.build(name, state(name), device, scale);
    }

    /** The tensors and notes of a model, without building it. */
    public static StateDict state(String name) {
        return ModelBytes.parse(name, bytes(name));
    }

    /**
     * The bytes of a model file, shipped or not.
     *
     * @throws WeightsException if there is none of this name
     */
    public static MemorySegment bytes(String name) {
        if (SHIPPED.contains(name)) {
            return shipped(name);
        }
        Path file = Path.of(name);
        if (!Files.exists(file)) {
            throw new WeightsException("model " + name + ": want a file or one of " + SHIPPED + ", have neither");
        }
        return ModelBytes.map(file);
    }

    private static MemorySegment shipped(String name) {
        String resource = "/io/acuity/models/" + name + ".safetensors";
        try (InputStream in = Models.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new WeightsException(
                        "model " + name + " is missing from this build: want the resource " + resource);
            }
            return MemorySegment.ofArray(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
