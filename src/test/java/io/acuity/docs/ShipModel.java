package io.acuity.docs;

import io.acuity.data.BenchmarkSet;
import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.infer.Upscaler;
import io.acuity.metric.Pixels;
import io.acuity.metric.Protocol;
import io.acuity.metric.Score;
import io.acuity.model.ModelFile;
import io.acuity.model.Network;
import io.acuity.weights.DataType;
import io.acuity.weights.Json;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a shipped model of a trained one: stored in fp16, with notes on its data, training, licence and scores. The scores are
 * those of the numbers as stored. docs/training.md has the command.
 */
final class ShipModel {
    private static final int SCALE = 4;
    private static final List<String> SETS = List.of("Set5", "Set14");

    private ShipModel() {}

    /** Arguments: trained model, file to write, folder that holds the benchmark sets, sentence on the training. */
    public static void main(String[] arguments) {
        Path out = Path.of(arguments[1]);
        StateDict trained = Safetensors.read(Path.of(arguments[0])).storedAs(DataType.F16);
        Map<String, String> notes = new LinkedHashMap<>(trained.metadata());
        notes.put("acuity.training", arguments[3]);
        notes.put("acuity.scores", Json.write(scores(trained, Path.of(arguments[2]))));
        notes.put("modelspec.license", "Apache-2.0; trained only on photographs under CC0 or in the public domain");
        notes.put("modelspec.author", "the Acuity project");
        notes.put("modelspec.title", "EDSR-S x4");
        notes.put("modelspec.date", LocalDate.now(ZoneOffset.UTC).toString());
        Safetensors.write(out, trained.withMetadata(notes));
        System.out.println(notes);
    }

    private static Map<String, Object> scores(StateDict state, Path sets) {
        Map<String, Object> all = new LinkedHashMap<>();
        try (Device device = Device.open("cpu")) {
            Network network = ModelFile.build("the trained model", state, device);
            try (Upscaler upscaler = new Upscaler(network, Upscaler.Options.automatic())) {
                for (String name : SETS) {
                    all.put(name, mean(upscaler, BenchmarkSet.of(sets.resolve(name), SCALE)));
                }
            }
        }
        return all;
    }

    private static Map<String, Object> mean(Upscaler upscaler, BenchmarkSet set) {
        double psnr = 0;
        double ssim = 0;
        for (BenchmarkSet.Pair pair : set.pairs()) {
            BenchmarkSet.Images images = set.read(pair);
            Image sr = upscaler.upscale(images.lr().rgb());
            Score score = Protocol.RCAN.score(pixels(images.hr().rgb()), pixels(sr), SCALE);
            psnr += score.psnrY();
            ssim += score.ssimY();
        }
        int count = set.pairs().size();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("psnr_y", Math.round(psnr / count * 1000) / 1000.0);
        line.put("ssim_y", Math.round(ssim / count * 10000) / 10000.0);
        line.put("protocol", Protocol.RCAN.name());
        return line;
    }

    private static Pixels pixels(Image image) {
        return Pixels.of(image.width(), image.height(), image.channels(), image.bytes());
    }
}
