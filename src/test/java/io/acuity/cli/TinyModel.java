package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.model.ModelFile;
import io.acuity.weights.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Model files of an untrained network of one block and eight features: quick, and as good as any for files and flags. */
final class TinyModel {
    private TinyModel() {}

    static Path write(Path file, int scale) throws java.io.IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        try (Device device = Device.open("cpu")) {
            Edsr network = Edsr.create(device, new Edsr.Options(1, 8, 1f, scale), 7);
            ModelFile.write(file, ModelFile.state(network, Map.of()), DataType.F32);
            network.parameters().close();
        }
        return file;
    }
}
