package io.acuity.op;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.tensor.Tape;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradients of the parameters of {@link SqueezeExcitation}: of all layers of one shape by one launch where the tape defers, since
 * nothing in the pass waits for them, else of each by its own. The bits are the same.
 */
final class SqueezeExcitationGradients implements Tape.Deferred {
    private static final Kernel FORM = new Kernel("squeeze_excitation_backward_weight");

    /** Images, channels, and to how many these are reduced. */
    record Sizes(int n, int channels, int few) {
        long numbers() {
            return 2L * channels * few + channels + few;
        }
    }

    /** What a layer's gradients are made of, and where they go: of reduction, its bias, expansion, its bias. */
    record Layer(
            Buffer mean,
            Buffer hidden,
            Buffer dexpand,
            Buffer dreduce,
            Buffer reduce,
            Buffer reduceBias,
            Buffer expand,
            Buffer expandBias) {
        private List<Buffer> places() {
            return List.of(mean, hidden, dexpand, dreduce, reduce, reduceBias, expand, expandBias);
        }
    }

    private final Tape tape;
    private final Sizes sizes;
    private final List<Layer> layers = new ArrayList<>();

    private SqueezeExcitationGradients(Tape tape, Sizes sizes) {
        this.tape = tape;
        this.sizes = sizes;
    }

    /** Forms those of a layer, now or later; then gives {@code dexpand} and {@code dreduce} back. */
    static void form(Tape tape, Sizes sizes, Layer layer, int accumulate) {
        if (accumulate == 1) {
            tape.finishDeferred(); // what this adds to may be among it
        }
        if (accumulate == 0 && tape.defers()) {
            tape.deferred(sizes, SqueezeExcitationGradients.class, () -> new SqueezeExcitationGradients(tape, sizes))
                    .layers
                    .add(layer);
        } else {
            launch(tape, sizes, List.of(layer), accumulate);
        }
    }

    @Override
    public void finish() {
        if (!layers.isEmpty()) {
            launch(tape, sizes, layers, 0);
            layers.clear();
        }
    }

    private static void launch(Tape tape, Sizes sizes, List<Layer> layers, int accumulate) {
        Buffer base = layers.getFirst().mean();
        long[] words = layers.stream()
                .flatMap(layer -> layer.places().stream())
                .mapToLong(place -> place.address() - base.address())
                .toArray();
        Buffer table = tape.feed((long) words.length * Long.BYTES, memory -> {
            for (int i = 0; i < words.length; i++) {
                memory.setAtIndex(JAVA_LONG, i, words[i]);
            }
        });
        tape.launch(
                FORM,
                Grid.cover(sizes.numbers(), layers.size(), 1),
                base,
                table,
                sizes.n(),
                sizes.channels(),
                sizes.few(),
                accumulate);
        for (Layer layer : layers) {
            tape.give(layer.dexpand());
            tape.give(layer.dreduce());
        }
    }
}
