package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.model.Han;
import io.acuity.model.ModelFile;
import io.acuity.model.Network;
import io.acuity.model.OverflowingNetwork;
import io.acuity.model.Rcan;
import io.acuity.weights.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/** Model files of an untrained network of one block and eight features: quick, and as good as any for files and flags. */
final class TinyModel {
    private TinyModel() {}

    static Path write(Path file, int scale) throws IOException {
        return write(file, device -> Edsr.create(device, new Edsr.Options(1, 8, 1f, scale), 7));
    }

    /** One that averages over the whole picture. */
    static Path writeWithAttention(Path file, int scale) throws IOException {
        return write(file, device -> Rcan.create(device, new Rcan.Options(1, 1, 8, 2, 1f, scale), 7));
    }

    /** One with attention over its layers, which has no kernels in bf16. */
    static Path writeWithLayerAttention(Path file, int scale) throws IOException {
        return write(file, device -> Han.create(device, new Rcan.Options(1, 1, 8, 2, 1f, scale), 7));
    }

    /** One that bf16 has no numbers for where a picture is white. */
    static Path writeOverflowing(Path file) throws IOException {
        return write(file, OverflowingNetwork::create);
    }

    private static Path write(Path file, Function<Device, Network> made) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        try (Device device = Device.open("cpu")) {
            Network network = made.apply(device);
            ModelFile.write(file, ModelFile.state(network, Map.of()), DataType.F32);
            network.parameters().close();
        }
        return file;
    }
}
