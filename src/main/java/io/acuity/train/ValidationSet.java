package io.acuity.train;

import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFolder;
import io.acuity.infer.Upscaler;
import io.acuity.metric.Pixels;
import io.acuity.metric.Protocol;
import io.acuity.metric.Score;
import io.acuity.model.Network;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Pictures that progress is measured on: mean PSNR of luma, protocol rcan. They are never test pictures. */
final class ValidationSet {
    private record Pair(String name, Image hr, Image lr) {}

    private final List<Pair> pairs;

    private ValidationSet(List<Pair> pairs) {
        this.pairs = pairs;
    }

    static ValidationSet read(TrainConfig.ValidationSet set, int scale, Bicubic.Convention convention) {
        List<Pair> pairs = new ArrayList<>();
        for (String folder : set.folders()) {
            for (Path file : ImageFolder.list(Path.of(folder), false)) {
                Image hr = prepared(ImageFile.read(file).rgb().to8(), set, scale);
                Image lr = Bicubic.resize(hr, hr.width() / scale, hr.height() / scale, convention);
                pairs.add(new Pair(ImageFolder.stem(file), hr, lr));
            }
        }
        return new ValidationSet(pairs);
    }

    private static Image prepared(Image picture, TrainConfig.ValidationSet set, int scale) {
        Image hr = picture;
        if (set.halve()) {
            Image even = hr.modcrop(2);
            hr = Bicubic.resize(even, even.width() / 2, even.height() / 2, Bicubic.Convention.MIRRORED_DOUBLE);
        }
        if (set.crop() > 0) {
            int width = Math.min(hr.width(), set.crop());
            int height = Math.min(hr.height(), set.crop());
            hr = hr.crop((hr.width() - width) / 2, (hr.height() - height) / 2, width, height);
        }
        return hr.modcrop(scale);
    }

    boolean isEmpty() {
        return pairs.isEmpty();
    }

    /** Mean PSNR in dB. */
    double psnr(Network network) {
        return Score.mean(scores(network, Protocol.RCAN).values()).psnrY();
    }

    /** Each picture's score, by its name. */
    SequencedMap<String, Score> scores(Network network, Protocol protocol) {
        SequencedMap<String, Score> scores = new LinkedHashMap<>();
        try (Upscaler upscaler = new Upscaler(network, Upscaler.Options.automatic())) {
            for (Pair pair : pairs) {
                Image sr = upscaler.upscale(pair.lr());
                scores.put(pair.name(), protocol.score(pixels(pair.hr()), pixels(sr), network.scale()));
            }
        }
        return scores;
    }

    /** A picture as metrics take it. */
    static Pixels pixels(Image image) {
        return Pixels.of(image.width(), image.height(), image.channels(), image.bytes());
    }
}
