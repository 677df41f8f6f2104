package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.model.ModelFile;
import io.acuity.model.Network;
import io.acuity.model.ShippedModels;
import io.acuity.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which network upscales: the name of a shipped model, or a model file. */
final class ModelOptions {
    @Option(
            names = {"-n", "--model"},
            paramLabel = "MODEL",
            description = "shipped model or file.safetensors (default " + ShippedModels.DEFAULT + ")")
    @Nullable
    String model;

    String name() {
        return model == null ? ShippedModels.DEFAULT : model;
    }

    /** The network on a device, which outlives it. */
    Network read(Device device) {
        return read(name(), device);
    }

    /** The network of this name, or in the file of this name. */
    static Network read(String name, Device device) {
        if (ShippedModels.names().contains(name)) {
            return ModelFile.build(name, ShippedModels.read(name), device);
        }
        Path file = Path.of(name);
        if (!Files.exists(file)) {
            throw new WeightsException("model " + name + ": want a model file or a shipped model ("
                    + String.join(", ", ShippedModels.names()) + "), have neither");
        }
        return ModelFile.read(file, device);
    }
}
