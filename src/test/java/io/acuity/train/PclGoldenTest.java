package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.acuity.contrast.Embedding;
import io.acuity.contrast.Samples;
import io.acuity.data.Bicubic;
import io.acuity.data.PackedImages;
import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.model.Network;
import io.acuity.model.PlainEdsr;
import io.acuity.tensor.Numbers;
import io.acuity.tensor.Tape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contrastive training of a tiny network, step by step, against the same in double precision. */
class PclGoldenTest {
    private static final int STEPS = 10;

    @TempDir
    Path folder;

    @Test
    void trainingIsThatOfTheDefinition() throws Exception {
        Path pictures = Pictures.make(folder);
        TrainConfig config = Pictures.config(
                        pictures,
                        "train.contrastive_opt.preset=pcl",
                        "train.contrastive_opt.loss_weight=0.05",
                        "train.contrastive_opt.num_feat_d=1",
                        "network_g.num_feat=2",
                        "datasets.train.gt_size=16",
                        "datasets.train.batch_size_per_gpu=4",
                        "train.total_iter=" + STEPS,
                        "train.scheduler.type=constant",
                        "logger.print_freq=1")
                .config();
        Pictures.train(config, folder.resolve("run"), false, false);
        List<Metrics.Row> rows = Metrics.read(folder.resolve("run").resolve("metrics.csv"));

        List<PlainPcl.Terms> truth = truth(config, pictures);
        for (int step = 0; step < STEPS; step++) {
            Metrics.Row row = rows.get(step);
            PlainPcl.Terms want = truth.get(step);
            assertThat(row.more("l1").orElseThrow()).as("l1 of step %d", step).isCloseTo(want.l1(), offset(2e-6));
            assertThat(row.more("l_cl").orElseThrow())
                    .as("l_cl of step %d", step)
                    .isCloseTo(want.contrast(), offset(1e-4));
            assertThat(row.more("l_cld").orElseThrow())
                    .as("l_cld of step %d", step)
                    .isCloseTo(want.dual(), offset(2e-3));
            assertThat(row.more("pos_sim").orElseThrow()).isCloseTo(want.positive(), offset(2e-4));
            assertThat(row.more("neg_sim").orElseThrow()).isCloseTo(want.negative(), offset(2e-4));
        }
    }

    /** The same patches, samples and first weights; everything after that in double precision. */
    private static List<PlainPcl.Terms> truth(TrainConfig config, Path pictures) {
        Contrastive c = config.train().contrastive();
        try (Device device = Device.open("cpu");
                Tape tape = Tape.recording(device);
                Embedding embedding = Parts.embedding(config, device);
                Batches batches = new Batches(
                        device,
                        PackedImages.of(
                                new PackedImages.Source(
                                        List.of(pictures), false, config.scale(), Bicubic.Convention.of("clamped-u8")),
                                Optional.empty(),
                                _ -> {}),
                        config.datasets().train(),
                        config.seed())) {
            Network network = Parts.network(config, device);
            PlainPcl plain = new PlainPcl(
                    new Edsr.Options(1, 2, 1f, config.scale()),
                    PlainEdsr.weights(network.parameters()),
                    PlainEdsr.weights(embedding.network().parameters()),
                    c.layers(),
                    1 + c.positives(),
                    c.weight());
            network.parameters().close();
            List<PlainPcl.Terms> terms = new ArrayList<>();
            for (int step = 0; step < STEPS; step++) {
                tape.reset();
                long now = step;
                Batches.Batch batch = batches.next(tape, () -> now);
                Samples samples = Parts.bank(c).wavelets(tape, batch.hr(), batch.lr(), config.seed(), step);
                terms.add(plain.step(
                        Numbers.doubles(batch.lr().toArray()),
                        batch.lr().shape(),
                        Numbers.doubles(batch.hr().toArray()),
                        batch.hr().shape(),
                        Numbers.doubles(samples.images().toArray()),
                        config.train().optimizer().rate()));
            }
            return terms;
        }
    }
}
