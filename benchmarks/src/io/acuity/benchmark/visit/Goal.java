package io.acuity.benchmark.visit;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Something measured here and in PyTorch, and what it is meant to reach.
 *
 * @param folder where our figure is, with its benchmark and values
 * @param figures of the peer, the shortest of which counts, with the values they must have
 * @param phases of the work; its floor is the sum of theirs
 * @param ratio PyTorch's time over ours, at least; 0: for comparison only
 * @param floors our time over the floor, at most; 0: for comparison only
 */
record Goal(
        String name,
        String folder,
        String benchmark,
        List<String> values,
        List<String> figures,
        Map<String, Object> peerValues,
        List<Phase> phases,
        double ratio,
        double floors) {

    /** Work whose operations and bytes overlap at best: {@code flops} of the computation and bytes moved once. */
    record Phase(double flops, double bytes) {}

    private static final List<Long> PATCHES = List.of(64L, 48L, 48L);
    /** The 3x3 convolution of 64 channels on 64 patches of 48 x 48. */
    private static final Phase LAYER = new Phase(10.87e9, 37.82e6);
    /** EDSR-S at batch 16 with its tail as one convolution and as layers, one kernel a residual block and pass. */
    private static final Phase COLLAPSED = new Phase(286e9, 828e6);

    private static final Phase LAYERS = new Phase(439e9, 1317e6);
    /** The embedding network learns on 10 sets of 16; features of the same sets and of SR; filters, bands, losses and Adam. */
    private static final List<Phase> CONTRASTIVE =
            List.of(new Phase(846e9, 3640e6), new Phase(214e9, 1017e6), new Phase(0, 267e6));

    static final List<Goal> ALL = List.of(
            layer(
                    "conv 64>64, bias, ReLU, 64x48x48",
                    "forward",
                    List.of("conv3x3_64_64_fwd_bias_relu", "conv3x3_64_64_fwd_fused_cudnn"),
                    3,
                    1.5),
            layer("the same beside the bare convolution", "forward", List.of("conv3x3_64_64_fwd"), 2.2, 1.5),
            layer("its gradient by the input", "backward_input", List.of("conv3x3_64_64_dgrad"), 2.2, 1.55),
            layer("its gradient by the weights", "backward_weight", List.of("conv3x3_64_64_wgrad"), 2.5, 1.9),
            step("EDSR-S training step, batch 16", "collapsed", "edsr-baseline", COLLAPSED, 3.5, 2.4),
            step("the same, tail as layers", "layers", "edsr-baseline", LAYERS, 0, 0),
            step("both with the collapsed tail", "collapsed", "edsr-baseline-c", COLLAPSED, 0, 0),
            contrastive("contrastive step, EDSR-S, batch 16, 4+4", "collapsed", COLLAPSED, 2.3, 1.9),
            contrastive("the same, tail as layers", "layers", LAYERS, 0, 0),
            picture("EDSR-S x4, 320x180", 320, 180, "collapsed", "", new Phase(149e9, 276e6), 3.2, 1.9),
            picture("the same, tail as layers", 320, 180, "layers", "", new Phase(228e9, 336e6), 0, 0),
            picture("both with the collapsed tail", 320, 180, "collapsed", "-c", new Phase(149e9, 276e6), 0, 0),
            picture("EDSR-S x4, 640x360", 640, 360, "collapsed", "", new Phase(597e9, 1104e6), 3.2, 1.7),
            picture("EDSR-S x4, 960x540", 960, 540, "collapsed", "", new Phase(1343e9, 2484e6), 3.2, 1.7));

    private static Goal layer(String name, String pass, List<String> figures, double ratio, double floors) {
        return new Goal(
                name,
                "kernels",
                "HalfConvolution",
                List.of("layer=conv3x3 64x64x48x48 to 64", "pass=" + pass),
                figures,
                Map.of("shape", PATCHES),
                List.of(LAYER),
                ratio,
                floors);
    }

    private static Goal step(String name, String tail, String network, Phase work, double ratio, double floors) {
        return new Goal(
                name,
                "jobs",
                "TrainStep",
                List.of("precision=bf16", "launch=graph", "tail=" + tail),
                List.of(network + "_train_step"),
                Map.of("batch", 16L),
                List.of(work),
                ratio,
                floors);
    }

    private static Goal contrastive(String name, String tail, Phase network, double ratio, double floors) {
        return new Goal(
                name,
                "jobs",
                "PclStep",
                List.of("precision=bf16", "launch=graph", "learns=all", "tail=" + tail),
                List.of("pcl_step_edsr-baseline"),
                Map.of("batch", 16L, "K", 4L),
                List.of(network, CONTRASTIVE.get(0), CONTRASTIVE.get(1), CONTRASTIVE.get(2)),
                ratio,
                floors);
    }

    private static Goal picture(
            String name, int width, int height, String tail, String peer, Phase work, double ratio, double floors) {
        return new Goal(
                name,
                "jobs",
                "Upscale",
                List.of("precision=bf16", "launch=graph", "shape=1x3x" + height + "x" + width, "tail=" + tail),
                List.of("edsr-baseline" + peer + "_x4"),
                Map.of("lr", List.of((long) width, (long) height)),
                List.of(work),
                ratio,
                floors);
    }

    /** The shortest time at these ceilings, in microseconds. */
    OptionalDouble floorMicros(Ceilings ceilings) {
        double sum = 0;
        for (Phase phase : phases) {
            OptionalDouble floor = ceilings.floorMicros(phase.flops(), phase.bytes());
            if (floor.isEmpty()) {
                return floor;
            }
            sum += floor.getAsDouble();
        }
        return OptionalDouble.of(sum);
    }
}
