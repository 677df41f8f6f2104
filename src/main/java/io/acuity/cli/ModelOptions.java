package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.model.Models;
import io.acuity.model.Network;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which network upscales: the name of a shipped model, or a model file. */
final class ModelOptions {
    @Option(
            names = {"-n", "--model"},
            paramLabel = "MODEL",
            description = "shipped model or model file (default " + Models.DEFAULT + ")")
    @Nullable
    String model;

    String name() {
        return model == null ? Models.DEFAULT : model;
    }

    /** The network on a device, which outlives it; of networks that serve every scale the one for {@code scale}, 0 for any. */
    Network read(Device device, int scale) {
        return Models.open(name(), device, scale);
    }
}
