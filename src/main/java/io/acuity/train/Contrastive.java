package io.acuity.train;

import java.util.List;
import java.util.Map;

/**
 * What is learnt beside pixels: the contrastive framework PCL, or one of its baselines. Defaults of the keys are those of the
 * preset {@code pcl}; other presets change some of them, and a key that is given counts in each preset.
 */
public record Contrastive(
        @Setting(
                key = "preset",
                value = "l1",
                doc = "l1: pixels only; haar-l1: and the L1 of Haar bands, without a network; pcl: the contrastive "
                        + "framework; pcl-released: with the settings of its authors' published scripts")
        Preset preset,

        @Setting(
                key = "loss_weight",
                value = "0.001",
                min = 0,
                max = 1000,
                alias = "alpha",
                doc = "factor on the contrastive (or Haar) loss, for pixels in 0 to 1")
        double weight,

        @Setting(
                key = "gradient",
                value = "true",
                doc = "false: the contrastive loss is computed and logged, but moves nothing, as in the published code")
        boolean gradient,

        @Setting(
                key = "num_positive",
                value = "3",
                min = 1,
                max = 16,
                doc = "sharpened copies of each patch; the patch itself is one positive more unless only_aug")
        int positives,

        @Setting(
                key = "num_negative",
                value = "3",
                min = 1,
                max = 16,
                doc = "blurred copies of each patch; the enlarged LR patch is one negative more unless only_aug")
        int negatives,

        @Setting(
                key = "only_aug",
                value = "false",
                doc = "neither the patch itself nor the enlarged LR patch is a sample")
        boolean onlyMade,

        @Setting(
                key = "shuffled_negatives",
                value = "0",
                min = 0,
                max = 8,
                doc = "how many times each negative is used once more with other patches of the batch")
        int shuffled,

        @Setting(
                key = "filters",
                value = "direct",
                doc =
                        "direct: 3x3 sharpening and Gaussians of up to 11 taps; spectral: Gaussians of any width over the "
                                + "patch's Fourier transform; band: the same, positives raise a band of frequencies")
        Filters filters,

        @Setting(
                key = "sharpen",
                value = "1, 3",
                min = 0,
                max = 10,
                count = 2,
                doc = "range of the sharpening factor; 1 changes nothing, less blurs")
        List<Double> sharpen,

        @Setting(
                key = "blur_sigma",
                value = "0.1, 2",
                min = 0.05,
                max = 10,
                count = 2,
                doc = "range of the blur's deviation along each axis, in HR pixels")
        List<Double> sigma,

        @Setting(
                key = "layers",
                value = "0, 2, 4, 6",
                min = 0,
                max = 7,
                doc = "blocks of the embedding network whose features are compared")
        List<Integer> layers,

        @Setting(
                key = "num_feat_d",
                value = "64",
                min = 1,
                max = 256,
                doc = "channels of the embedding network's first block; the last has eight times as many")
        int features,

        @Setting(
                key = "before_activation",
                value = "false",
                doc = "compare what goes into the activation, not what comes out")
        boolean beforeActivation,

        @Setting(
                key = "statistics",
                value = "set",
                doc =
                        "batch norm by the mean and variance of each set of images, of all sets together, or by running averages")
        Statistics statistics,

        @Setting(key = "loss", value = "infonce", doc = "form of the contrastive loss")
        Form form,

        @Setting(
                key = "temperature",
                value = "1",
                min = 0.01,
                max = 100,
                doc = "infonce and lmcl: similarities are divided by it")
        double temperature,

        @Setting(
                key = "contras_d_train",
                value = "false",
                doc = "the embedding also learns that sharpened images are real and blurred ones are not")
        boolean learnsSamples,

        @Setting(
                key = "lr_d",
                value = "0",
                min = 0,
                max = 1,
                doc = "learning rate of the embedding; 0: that of train.optim_g")
        double rate,

        @Setting(
                key = "scheduler_d",
                value = "follow",
                doc = "the embedding's rate over time: in the proportions of train.scheduler, or constant")
        Course course) {

    /** Named settings. */
    public enum Preset {
        L1,
        HAAR_L1,
        PCL,
        PCL_RELEASED;

        /** Whether an embedding network is learnt. */
        public boolean contrasts() {
            return this == PCL || this == PCL_RELEASED;
        }

        /** Where this preset differs from the defaults of the table: texts by path. */
        Map<String, String> defaults() {
            return switch (this) {
                case L1, PCL -> Map.of();
                case HAAR_L1 -> Map.of(SECTION + "loss_weight", "0.5");
                // 5 at range 255; the rest as the scripts and the code behind them have it
                case PCL_RELEASED ->
                    Map.of(
                            SECTION + "loss_weight", "0.0196",
                            SECTION + "sharpen", "[0.5, 3]",
                            SECTION + "layers", "[4]",
                            SECTION + "contras_d_train", "true",
                            SECTION + "scheduler_d", "constant");
            };
        }
    }

    private static final String SECTION = "train.contrastive_opt.";

    /** The path of the preset's own key. */
    static final String PRESET = SECTION + "preset";

    /** How samples are filtered. */
    public enum Filters {
        DIRECT,
        SPECTRAL,
        BAND
    }

    /** What batch norm subtracts and divides by. */
    public enum Statistics {
        SET,
        JOINT,
        FROZEN
    }

    /** Forms of the contrastive loss. */
    public enum Form {
        INFONCE,
        COSINE,
        L1,
        L2,
        LMCL
    }

    /** The embedding's learning rate over time. */
    public enum Course {
        FOLLOW,
        CONSTANT
    }

    public Contrastive {
        rising("sharpen", sharpen);
        rising("blur_sigma", sigma);
        if (layers.isEmpty()) {
            throw new ConfigException(SECTION + "layers: want at least one of 0 to 7, have none");
        }
        for (int i = 1; i < layers.size(); i++) {
            if (layers.get(i) <= layers.get(i - 1)) {
                throw new ConfigException(SECTION + "layers: want rising numbers from 0 to 7, have " + layers);
            }
        }
    }

    private static void rising(String key, List<Double> range) {
        if (range.get(1) < range.get(0)) {
            throw new ConfigException(SECTION + key + ": want the least value first, have " + range);
        }
    }

    /** Refuses patches that the networks of the preset cannot halve often enough. */
    void check(int patch) {
        int multiple = preset.contrasts() ? 16 : preset == Preset.HAAR_L1 ? 2 : 1;
        if (patch % multiple != 0) {
            throw new ConfigException("datasets.train.gt_size: want a multiple of " + multiple + " from " + multiple
                    + " to 4096 for " + PRESET + " " + ConfigKey.written(preset) + ", have " + patch);
        }
    }

    /** What is logged of each step besides the loss. */
    List<String> terms() {
        return switch (preset) {
            case L1 -> List.of();
            case HAAR_L1 -> List.of("l1", "l_haar", "grad_ratio");
            case PCL, PCL_RELEASED -> List.of("l1", "l_cl", "l_cld", "pos_sim", "neg_sim", "grad_ratio");
        };
    }

    /** The preset as it stands in the file. */
    public String name() {
        return ConfigKey.written(preset);
    }
}
