package io.acuity.train;

import io.acuity.data.BenchmarkSet;
import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.infer.Upscaler;
import io.acuity.metric.Protocol;
import io.acuity.metric.Score;
import io.acuity.model.Network;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** The pictures that an experiment's results are measured on: validation pictures first, then benchmark sets. */
final class Evaluation {
    private static final String VALIDATION = "val";

    private final ValidationSet validation;
    private final SequencedMap<String, BenchmarkSet> sets = new LinkedHashMap<>();
    private final Protocol protocol;

    private Evaluation(ValidationSet validation, Protocol protocol) {
        this.validation = validation;
        this.protocol = protocol;
    }

    /** Finds all pictures, so that a wrong folder is known before hours of training. */
    static Evaluation of(TrainConfig config) {
        Bicubic.Convention convention =
                Bicubic.Convention.of(config.datasets().train().convention());
        Evaluation evaluation = new Evaluation(
                ValidationSet.read(config.datasets().validation(), config.scale(), convention),
                Protocol.of(config.experiment().protocol()));
        for (String folder : config.experiment().sets()) {
            BenchmarkSet set = BenchmarkSet.of(Path.of(folder), config.scale());
            if (set.name().equals(VALIDATION) || evaluation.sets.put(set.name(), set) != null) {
                throw new ConfigException("experiment.sets: want folders of different names other than " + VALIDATION
                        + ", have " + set.name() + " again");
            }
        }
        if (evaluation.sets().isEmpty()) {
            throw new ConfigException("experiment.sets: want at least one, or pictures in datasets.val, have neither");
        }
        return evaluation;
    }

    /** The names of all sets. */
    List<String> sets() {
        List<String> names = new ArrayList<>(sets.keySet());
        if (!validation.isEmpty()) {
            names.addFirst(VALIDATION);
        }
        return names;
    }

    /** Each picture's score, by its name. */
    SequencedMap<String, Score> scores(String set, Network network) {
        BenchmarkSet benchmark = sets.get(set);
        if (benchmark == null) {
            return validation.scores(network, protocol);
        }
        SequencedMap<String, Score> scores = new LinkedHashMap<>();
        try (Upscaler upscaler = new Upscaler(network, Upscaler.Options.automatic())) {
            for (BenchmarkSet.Pair pair : benchmark.pairs()) {
                BenchmarkSet.Images images = benchmark.read(pair);
                Image lr = images.lr().to8();
                Image sr = upscaler.upscale(protocol.repeatGrey() ? lr.rgb() : lr);
                scores.put(
                        pair.name(),
                        protocol.score(
                                ValidationSet.pixels(images.hr().to8()), ValidationSet.pixels(sr), network.scale()));
            }
        }
        return scores;
    }
}
