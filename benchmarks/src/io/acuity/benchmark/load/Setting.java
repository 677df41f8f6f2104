package io.acuity.benchmark.load;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.WriteOptions;
import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.model.ModelFile;
import io.acuity.tensor.Random;
import io.acuity.weights.DataType;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is asked for: a model and the pictures sent to it in turn.
 *
 * @param label what the table calls it
 * @param model as {@code Models.open} takes it
 * @param path where to send pictures
 */
record Setting(String label, String model, String path, List<byte[]> pictures) {
    /** The shipped model, whose own work takes nearly all of the time. */
    static Setting shipped(String... sizes) {
        return of("EDSR-S", "edsr_s_x4", "edsr_s_x4", sizes);
    }

    /** A network of one block, so small that files and protocol take most of the time. */
    static Setting tiny(Path file, String... sizes) {
        try (Device device = Device.open("cpu")) {
            Edsr network = Edsr.create(device, new Edsr.Options(1, 16, 1f, 4), 7);
            ModelFile.write(file, ModelFile.state(network, Map.of()), DataType.F32);
            network.parameters().close();
        }
        return of("one block of 16", file.toString(), "tiny", sizes);
    }

    private static Setting of(String label, String model, String name, String... sizes) {
        List<byte[]> pictures = new ArrayList<>();
        for (String size : sizes) {
            String[] sides = size.split("x", -1);
            pictures.add(picture(Integer.parseInt(sides[0]), Integer.parseInt(sides[1])));
        }
        String named = label + ", " + String.join(" ", sizes);
        return new Setting(named, model, "/v1/upscale?model=" + name, List.copyOf(pictures));
    }

    /** A PNG file of waves and noise. */
    static byte[] picture(int width, int height) {
        Random random = Random.of(width, height);
        byte[] samples = new byte[width * height * 3];
        for (int i = 0; i < samples.length; i++) {
            double wave = Math.sin(i % (3 * width) * 0.05) * Math.cos(i / (3.0 * width) * 0.2);
            samples[i] = (byte) (int) (128 + 90 * wave + random.nextFloat() * 20);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageFile.write(Image.of(width, height, 3, samples), out, "picture", ImageFormat.PNG, WriteOptions.DEFAULT);
        return out.toByteArray();
    }

    byte[] picture(int i) {
        return pictures.get(i % pictures.size());
    }
}
