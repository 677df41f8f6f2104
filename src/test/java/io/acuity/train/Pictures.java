package io.acuity.train;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.tensor.Random;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Small pictures and a small configuration that every test of training can start from. */
final class Pictures {
    private Pictures() {}

    /** Two pictures in a new folder. */
    static Path make(Path folder) throws Exception {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        for (int k = 0; k < 2; k++) {
            ImageFile.write(picture(k), pictures.resolve("picture" + k + ".png"));
        }
        return pictures;
    }

    /** Smooth waves with a little noise: something that can be learnt. */
    private static Image picture(int k) {
        Image image = Image.black(72, 64, 3, 8);
        Random random = Random.of(1, k);
        for (int i = 0; i < image.bytes().length; i++) {
            int pixel = i / 3;
            double wave = Math.sin((pixel % 72) * 0.2 + k) + Math.cos(Math.floorDiv(pixel, 72) * 0.15 * (i % 3 + 1));
            image.bytes()[i] = (byte) (128 + 50 * wave + random.nextInt(8));
        }
        return image;
    }

    /** A network of a few hundred weights, x2, on patches of 32 pixels. */
    static ConfigFile config(Path pictures, String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "name=tiny",
                "scale=2",
                "device=cpu",
                "network_g.num_feat=8",
                "network_g.num_block=1",
                "datasets.train.dataroot_gt=" + pictures,
                "datasets.train.gt_size=32",
                "datasets.train.batch_size_per_gpu=2",
                "train.total_iter=6",
                "train.optim_g.lr=1e-3",
                "train.contrastive_opt.num_feat_d=2",
                "train.contrastive_opt.num_positive=1",
                "train.contrastive_opt.num_negative=1",
                "train.contrastive_opt.layers=[0, 2]",
                "train.contrastive_opt.loss_weight=0.02",
                "logger.print_freq=2",
                "logger.save_checkpoint_freq=100",
                "logger.use_tb_logger=false",
                "logger.plots=false"));
        settings.addAll(List.of(more));
        if (settings.contains("network_g.type=vdsr")) {
            settings.remove("network_g.num_block=1"); // it has layers, whose number is fixed
        }
        return ConfigFile.of(settings.toArray(String[]::new));
    }

    static boolean train(TrainConfig config, Path run, boolean resume, boolean stopAtOnce) {
        try (Train train = Train.open(config, run, resume)) {
            if (stopAtOnce) {
                train.stop();
            }
            return train.run();
        }
    }
}
