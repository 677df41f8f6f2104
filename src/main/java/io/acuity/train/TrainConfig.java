package io.acuity.train;

import io.acuity.device.Precision;
import io.acuity.model.Hyperparameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All settings of a training run; keys are BasicSR's where the thing is the same. A new key is one component with its
 * {@link Setting}, a new section one more record.
 *
 * <p>Every record refuses values that do not go together with a {@link ConfigException}; ranges of single values are checked by
 * {@link ConfigFile}.
 */
public record TrainConfig(
        @Setting(key = "name", value = Setting.REQUIRED, doc = "name of the run, and of its folder under experiments/")
        String name,

        @Setting(key = "scale", value = "4", min = 2, max = 4, doc = "how many times larger the output is")
        int scale,

        @Setting(key = "seed", value = "0", doc = "the same seed gives the same weights, bit for bit")
        long seed,

        @Setting(
                key = "device",
                value = "auto",
                environment = "ACUITY_DEVICE",
                doc = "auto, cuda, cuda:1, cpu, or emu, the emulator")
        String device,

        @Setting(
                key = "precision",
                value = "fp32",
                environment = "ACUITY_PRECISION",
                doc = "number mode of feature maps and their gradients: fp32, or bf16 on cuda and emu")
        Precision precision,

        @Setting(
                key = "threads",
                value = "0",
                min = 0,
                max = 4096,
                environment = "ACUITY_THREADS",
                doc = "CPU threads; 0: all cores")
        int threads,

        @Setting(key = "network_g", doc = "the network") Network network,
        @Setting(key = "datasets", doc = "the pictures") Datasets datasets,
        @Setting(key = "train", doc = "the optimisation") Train train,
        @Setting(key = "path", doc = "files to start from") Start path,

        @Setting(key = "val", doc = "validation while training")
        Validation validation,

        @Setting(key = "logger", doc = "what is written while training")
        Logger logger,

        @Setting(key = "experiment", doc = "what acuity experiment compares; acuity train takes no notice of it")
        Comparison experiment) {

    public TrainConfig {
        if (!name.matches("[\\p{L}\\p{N}_][\\p{L}\\p{N}_. +-]*")) {
            throw new ConfigException(
                    "name: want letters, digits, '_', '-', '+', '.' and blanks, starting with one of the first three,"
                            + " for it names a folder; have \"" + name + "\"");
        }
        int patch = datasets.train().patch();
        if (patch % scale != 0) {
            throw new ConfigException("datasets.train.gt_size: want a multiple of scale " + scale + ", have " + patch);
        }
        train.contrastive().check(patch);
    }

    /** The network's shape; what is left out has the value of the published network. */
    public record Network(
            @Setting(
                    key = "type",
                    value = "edsr",
                    choices = {"edsr", "rcan", "han", "nlsn", "vdsr", "imdn"},
                    doc = "architecture")
            String type,

            @Setting(
                    key = "num_feat",
                    min = 1,
                    max = 1024,
                    alias = "n_feats",
                    doc = "feature channels; none: as published, 64, nlsn 256")
            Optional<Integer> features,

            @Setting(
                    key = "num_block",
                    min = 1,
                    max = 512,
                    alias = "n_resblocks",
                    doc =
                            "residual blocks, rcan and han: of each group; none: as published, edsr 16, rcan and han 20, nlsn 32")
            Optional<Integer> blocks,

            @Setting(
                    key = "num_group",
                    min = 1,
                    max = 512,
                    alias = "n_resgroups",
                    doc = "rcan and han: groups of blocks; none: as published, 10")
            Optional<Integer> groups,

            @Setting(
                    key = "squeeze_factor",
                    min = 1,
                    max = 1024,
                    alias = "reduction",
                    doc = "rcan and han: by how much channel attention reduces the features; none: as published, 16")
            Optional<Integer> reduction,

            @Setting(
                    key = "img_range",
                    min = 1,
                    max = 255,
                    alias = "rgb_range",
                    doc =
                            "peak value of pixels inside the network, 1 or 255; none: as published, rcan and han 255, nlsn 1")
            Optional<Integer> range,

            @Setting(
                    key = "res_scale",
                    min = 1e-6,
                    max = 1,
                    alias = "res_scale",
                    doc = "factor on each residual; none: 1, or 0.1 for 256 features and more")
            Optional<Double> residualScale,

            @Setting(
                    key = "num_hash",
                    min = 1,
                    max = 64,
                    alias = "n_hashes",
                    doc = "nlsn: rounds of hashing in an attention; none: as published, 4")
            Optional<Integer> hashes,

            @Setting(
                    key = "chunk_size",
                    min = 1,
                    max = 65536,
                    alias = "chunk_size",
                    doc =
                            "nlsn: pixels in a chunk, each of which attends to its own and the two beside; none: as published, 144")
            Optional<Integer> chunk,

            @Setting(
                    key = "tail",
                    value = "collapsed",
                    doc =
                            "how the linear upsampling tail is computed while training: one fused convolution, or layer by layer")
            Tail tail) {

        /** What is given, by the names that model files use. */
        Hyperparameters settings(int scale) {
            Map<String, Object> given = new LinkedHashMap<>();
            features.ifPresent(value -> given.put("features", value));
            blocks.ifPresent(value -> given.put("blocks", value));
            groups.ifPresent(value -> given.put("groups", value));
            reduction.ifPresent(value -> given.put("reduction", value));
            range.ifPresent(value -> given.put("range", value));
            residualScale.ifPresent(value -> given.put("res_scale", value));
            hashes.ifPresent(value -> given.put("hashes", value));
            chunk.ifPresent(value -> given.put("chunk", value));
            return new Hyperparameters(scale, given);
        }
    }

    /** Two forms of the same function: the tail multiplied out to one convolution, or its layers one after the other. */
    public enum Tail {
        COLLAPSED,
        PLAIN
    }

    /** Training and validation pictures. */
    public record Datasets(
            @Setting(key = "train", doc = "pictures to learn from")
            TrainSet train,

            @Setting(key = "val", doc = "pictures to measure progress on; never test pictures")
            ValidationSet validation) {}

    /** Where patches come from and how they are varied. */
    public record TrainSet(
            @Setting(
                    key = "dataroot_gt",
                    value = Setting.REQUIRED,
                    doc = "folder of high-resolution pictures, or a list of folders")
            List<String> folders,

            @Setting(
                    key = "halve",
                    value = "false",
                    doc = "halve each picture first, which removes noise and compression artefacts")
            boolean halve,

            @Setting(
                    key = "gt_size",
                    value = "192",
                    min = 8,
                    max = 4096,
                    alias = "patch_size",
                    doc = "side of a high-resolution patch in pixels")
            int patch,

            @Setting(
                    key = "batch_size_per_gpu",
                    value = "16",
                    min = 1,
                    max = 4096,
                    alias = "batch_size",
                    doc = "patches in a step")
            int batch,

            @Setting(key = "use_hflip", value = "true", doc = "mirror patches at random")
            boolean flip,

            @Setting(key = "use_rot", value = "true", doc = "turn patches by quarter turns at random")
            boolean rotate,

            @Setting(
                    key = "convention",
                    value = "clamped-u8",
                    choices = {"clamped-u8", "mirrored-u8", "mirrored-double"},
                    doc = "which MATLAB bicubic makes the low-resolution pictures")
            String convention,

            @Setting(
                    key = "cache",
                    doc = "file to keep the decoded pictures in, so that the next start is quick; none: memory only")
            Optional<String> cache) {}

    /** Validation pictures. */
    public record ValidationSet(
            @Setting(
                    key = "dataroot_gt",
                    doc = "folder of high-resolution pictures, or one with HR/ and LR_bicubic/X<scale>/; or a list")
            List<String> folders,

            @Setting(key = "halve", value = "false", doc = "halve each picture first")
            boolean halve,

            @Setting(
                    key = "crop",
                    value = "0",
                    min = 0,
                    max = 65536,
                    doc = "use the middle of so many pixels a side at most; 0: the whole picture")
            int crop) {}

    /** How the weights are learnt. */
    public record Train(
            @Setting(key = "total_iter", value = "300000", min = 1, max = 1e9, doc = "steps")
            long steps,

            @Setting(key = "optim_g", doc = "the optimizer") Optimizer optimizer,

            @Setting(
                    key = "gradient_clamp",
                    value = "0",
                    min = 0,
                    max = 1e9,
                    doc = "largest absolute value of a gradient's element; 0: no limit")
            double gradientClamp,

            @Setting(key = "scheduler", doc = "the learning rate over time")
            Scheduler scheduler,

            @Setting(
                    key = "ema_decay",
                    value = "0.999",
                    min = 0,
                    max = 0.9999999,
                    doc = "running average of the weights, used for validation and as result; 0: none")
            double emaDecay,

            @Setting(key = "pixel_opt", doc = "the loss on pixels")
            PixelLoss pixel,

            @Setting(key = "contrastive_opt", doc = "what is learnt beside pixels")
            Contrastive contrastive,

            @Setting(key = "guard", doc = "what happens when a step goes wrong")
            Watch guard) {

        public Train {
            long last = scheduler.milestones().isEmpty()
                    ? 0
                    : scheduler.milestones().getLast();
            if (last >= steps || scheduler.warmup() >= steps) {
                throw new ConfigException("train.scheduler: want warmup_iter and milestones below total_iter " + steps
                        + ", have " + Math.max(last, scheduler.warmup()));
            }
            if (scheduler.floor() > optimizer.rate()) {
                throw new ConfigException("train.scheduler.eta_min: want at most train.optim_g.lr " + optimizer.rate()
                        + ", have " + scheduler.floor());
            }
        }
    }

    /** Adam. */
    public record Optimizer(
            @Setting(key = "type", value = "Adam", choices = "Adam", doc = "algorithm")
            String type,

            @Setting(key = "lr", value = "1e-4", min = 1e-12, max = 1, alias = "lr", doc = "learning rate at the start")
            double rate,

            @Setting(
                    key = "betas",
                    value = "0.9, 0.999",
                    min = 0,
                    max = 0.9999999,
                    count = 2,
                    doc = "decay of the two moments")
            List<Double> betas,

            @Setting(key = "eps", value = "1e-8", min = 1e-30, max = 1, doc = "added to the root of the second moment")
            double epsilon) {}

    /** The learning rate over time. */
    public record Scheduler(
            @Setting(
                    key = "type",
                    value = "cosine",
                    doc = "falling along half a cosine, by steps at the milestones, or not at all")
            Curve type,

            @Setting(key = "warmup_iter", value = "0", min = 0, max = 1e9, doc = "steps in which the rate rises from 0")
            long warmup,

            @Setting(
                    key = "milestones",
                    min = 1,
                    max = 1e9,
                    doc = "step: at which steps the rate is multiplied by gamma")
            List<Long> milestones,

            @Setting(
                    key = "gamma",
                    value = "0.5",
                    min = 1e-6,
                    max = 1,
                    alias = "gamma",
                    doc = "step: the factor at each milestone")
            double gamma,

            @Setting(key = "eta_min", value = "1e-7", min = 0, max = 1, doc = "cosine: the least rate")
            double floor,

            @Setting(
                    key = "periods",
                    min = 1,
                    max = 1e9,
                    doc = "cosine: lengths of the cycles in steps; none: one cycle over all steps")
            List<Long> periods) {

        public Scheduler {
            for (int i = 1; i < milestones.size(); i++) {
                if (milestones.get(i) <= milestones.get(i - 1)) {
                    throw new ConfigException("train.scheduler.milestones: want rising steps, have " + milestones);
                }
            }
            if (type == Curve.STEP && milestones.isEmpty()) {
                throw new ConfigException("train.scheduler.milestones: want at least one for type step, have none");
            }
        }
    }

    /** Forms of the learning rate over time. */
    public enum Curve {
        COSINE,
        STEP,
        CONSTANT
    }

    /** The loss on pixels. */
    public record PixelLoss(
            @Setting(key = "type", value = "L1Loss", choices = "L1Loss", doc = "mean absolute difference")
            String type,

            @Setting(key = "loss_weight", value = "1", min = 1e-9, max = 1e9, doc = "factor")
            double weight) {}

    /** Which steps count as gone wrong, and how much of that a run bears. */
    public record Watch(
            @Setting(
                    key = "spike_factor",
                    value = "10",
                    min = 0,
                    max = 1e9,
                    doc =
                            "a pixel loss beyond so many times the median of the last 50 good steps is wrong; 0: any is good")
            double spike,

            @Setting(
                    key = "patience",
                    value = "5",
                    min = 1,
                    max = 10000,
                    doc = "wrong steps in a row before the run goes back to an earlier checkpoint")
            int patience,

            @Setting(
                    key = "rollbacks",
                    value = "3",
                    min = 0,
                    max = 10000,
                    doc = "how often a run may go back, each time with half the learning rate, before it ends")
            int rollbacks) {}

    /** Files to start from. */
    public record Start(
            @Setting(
                    key = "pretrain_network_g",
                    alias = "pre_train",
                    doc = "model file or shipped model whose weights the run starts with; none: random weights")
            Optional<String> pretrained) {}

    /** How often the validation pictures are upscaled. */
    public record Validation(
            @Setting(
                    key = "val_freq",
                    value = "5000",
                    min = 1,
                    max = 1e9,
                    doc = "steps from one validation to the next")
            long every) {}

    /** What is written while training. */
    public record Logger(
            @Setting(
                    key = "print_freq",
                    value = "100",
                    min = 1,
                    max = 1e9,
                    doc = "steps from one row of metrics.csv to the next")
            long rowEvery,

            @Setting(
                    key = "save_checkpoint_freq",
                    value = "5000",
                    min = 1,
                    max = 1e9,
                    doc = "steps from one checkpoint to the next")
            long checkpointEvery,

            @Setting(
                    key = "keep_last",
                    value = "3",
                    min = 1,
                    max = 100000,
                    doc = "checkpoints kept besides the best one")
            int keepLast,

            @Setting(key = "plots", value = "true", doc = "draw loss and PSNR at each validation")
            boolean plots,

            @Setting(
                    key = "use_tb_logger",
                    value = "true",
                    doc = "write what metrics.csv holds as event files for TensorBoard too")
            boolean events) {}
}
