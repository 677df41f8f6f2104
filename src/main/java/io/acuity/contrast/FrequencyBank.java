package io.acuity.contrast;

import io.acuity.op.DirectBank;
import io.acuity.op.DirectBank.Filter;
import io.acuity.op.Gaussian;
import io.acuity.op.HaarTransform;
import io.acuity.op.Response;
import io.acuity.op.SpectralBank;
import io.acuity.tensor.Random;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the positive and negative examples of each step from its patches: positives have more high frequencies than HR or as
 * many, negatives fewer. Drawn anew each step, as a pure function of seed and step, so that a run that was stopped goes on with
 * the same samples.
 */
public final class FrequencyBank {
    /** Apart from the streams of patches and of initial weights. */
    private static final long STREAM = 0x62616e6b_00000000L;

    private static final int[] TAPS = {3, 5, 7, 9, 11};

    private final BankOptions options;

    /** One image of the samples: a direct filter, or a transfer function beside {@link Filter.Leave}. */
    record Row(int source, Filter filter, @Nullable Response response) {
        static Row direct(int source, Filter filter) {
            return new Row(source, filter, null);
        }

        static Row spectral(int source, Response response) {
            return new Row(source, new Filter.Leave(), response);
        }
    }

    private FrequencyBank(BankOptions options) {
        this.options = options;
    }

    /** A bank that makes what {@code options} say. */
    public static FrequencyBank of(BankOptions options) {
        return new FrequencyBank(options);
    }

    /** What it makes. */
    public BankOptions options() {
        return options;
    }

    /**
     * Samples of one step as images.
     *
     * @param hr patches [N, 3, H, W] in [0, 1]
     * @param lr the same patches at low resolution, [N, 3, h, w]
     * @throws IllegalArgumentException if the shapes do not fit one another, or the patches are smaller than a filter
     */
    public Samples draw(Tape tape, Tensor hr, Tensor lr, long seed, long step) {
        return samples(images(tape, hr, lr, rowsOf(hr.shape().n(), seed, () -> step)));
    }

    /**
     * The same samples as their Haar bands, [sets N, 9, H/2, W/2]. In the direct domain the images themselves are not written to
     * memory.
     */
    public Samples wavelets(Tape tape, Tensor hr, Tensor lr, long seed, long step) {
        return wavelets(tape, hr, lr, seed, () -> step);
    }

    /** The same where a graph is captured: the step is asked for at each replay. */
    public Samples wavelets(Tape tape, Tensor hr, Tensor lr, long seed, LongSupplier step) {
        Supplier<List<Row>> rows = rowsOf(hr.shape().n(), seed, step);
        if (options.domain() == BankOptions.Domain.DIRECT) {
            return samples(DirectBank.haar(tape, hr, lr, () -> direct(rows.get())));
        }
        Tensor images = images(tape, hr, lr, rows);
        Tensor bands = HaarTransform.features(tape, images);
        tape.give(images.data());
        return samples(bands);
    }

    private Samples samples(Tensor images) {
        return new Samples(images, options.positives(), options.negatives());
    }

    private static Tensor images(Tape tape, Tensor hr, Tensor lr, Supplier<List<Row>> rows) {
        Tensor images = DirectBank.apply(tape, hr, lr, () -> direct(rows.get()));
        if (!spectral(rows.get()).isEmpty()) {
            SpectralBank.into(tape, hr, () -> spectral(rows.get()), images);
        }
        return images;
    }

    private static List<SpectralBank.Row> spectral(List<Row> rows) {
        List<SpectralBank.Row> spectral = new ArrayList<>();
        for (int target = 0; target < rows.size(); target++) {
            Response response = rows.get(target).response();
            if (response != null) {
                spectral.add(new SpectralBank.Row(rows.get(target).source(), response, target));
            }
        }
        return spectral;
    }

    private static List<DirectBank.Row> direct(List<Row> rows) {
        return rows.stream()
                .map(row -> new DirectBank.Row(row.source(), row.filter()))
                .toList();
    }

    private record Drawn(long step, List<Row> rows) {}

    /** The rows of the step that is asked for; drawn once a step, though several launches ask. */
    private Supplier<List<Row>> rowsOf(int batch, long seed, LongSupplier step) {
        AtomicReference<@Nullable Drawn> last = new AtomicReference<>();
        return () -> {
            long now = step.getAsLong();
            Drawn drawn = last.get();
            if (drawn == null || drawn.step() != now) {
                drawn = new Drawn(now, rows(batch, seed, now));
                last.set(drawn);
            }
            return drawn.rows();
        };
    }

    /** What is done to which image, set by set. */
    List<Row> rows(int batch, long seed, long step) {
        Random random = Random.of(seed, STREAM + step);
        List<List<Row>> positives = new ArrayList<>();
        List<List<Row>> negatives = new ArrayList<>();
        if (!options.onlyAugmented()) {
            positives.add(all(batch, new Filter.Copy()));
            negatives.add(all(batch, new Filter.Enlarge()));
        }
        for (int k = 0; k < options.sharpened(); k++) {
            positives.add(sharpened(batch, random));
        }
        for (int k = 0; k < options.blurred(); k++) {
            negatives.add(blurred(batch, random));
        }
        List<Row> rows = new ArrayList<>();
        kept(positives, options.positive()).forEach(rows::addAll);
        List<List<Row>> keptNegatives = kept(negatives, options.negative());
        keptNegatives.forEach(rows::addAll);
        for (int k = 0; k < options.shuffled(); k++) {
            for (List<Row> set : keptNegatives) {
                rows.addAll(shuffled(set, random));
            }
        }
        return rows;
    }

    private static List<Row> all(int batch, Filter filter) {
        List<Row> set = new ArrayList<>();
        for (int image = 0; image < batch; image++) {
            set.add(Row.direct(image, filter));
        }
        return set;
    }

    /** One factor for each image; in the spectral domain one low-pass for all. */
    private List<Row> sharpened(int batch, Random random) {
        boolean spectral = options.domain() == BankOptions.Domain.SPECTRAL;
        double sigmaY = spectral ? sigma(random) : 0;
        double sigmaX = spectral ? sigma(random) : 0;
        List<Row> set = new ArrayList<>();
        for (int image = 0; image < batch; image++) {
            double factor = between(options.factorFrom(), options.factorTo(), random);
            if (!spectral) {
                set.add(Row.direct(image, new Filter.Sharpen((float) factor)));
            } else if (options.emphasis() == BankOptions.Emphasis.BAND) {
                set.add(Row.spectral(image, Response.band(factor, sigmaY, sigmaX)));
            } else {
                set.add(Row.spectral(image, Response.highBoost(factor, sigmaY, sigmaX)));
            }
        }
        return set;
    }

    /** One kernel for all images. */
    private List<Row> blurred(int batch, Random random) {
        if (options.domain() == BankOptions.Domain.DIRECT) {
            return all(batch, new Filter.Blur(gaussian(random)));
        }
        Response response = Response.lowPass(sigma(random), sigma(random));
        List<Row> set = new ArrayList<>();
        for (int image = 0; image < batch; image++) {
            set.add(Row.spectral(image, response));
        }
        return set;
    }

    private Gaussian gaussian(Random random) {
        int tapsY = TAPS[random.nextInt(TAPS.length)];
        int tapsX = TAPS[random.nextInt(TAPS.length)];
        return new Gaussian(tapsY, tapsX, sigma(random), sigma(random));
    }

    private double sigma(Random random) {
        return between(options.sigmaFrom(), options.sigmaTo(), random);
    }

    private static double between(double from, double to, Random random) {
        return from + (to - from) * random.nextDouble();
    }

    private static List<List<Row>> kept(List<List<Row>> sets, int only) {
        return only < 0 ? sets : List.of(sets.get(only));
    }

    /** The same filters over other images of the batch; a permutation may leave an image in its place. */
    private static List<Row> shuffled(List<Row> set, Random random) {
        List<Row> mixed = new ArrayList<>(set);
        for (int i = mixed.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            Row row = mixed.get(i);
            mixed.set(i, mixed.get(j));
            mixed.set(j, row);
        }
        return mixed;
    }
}
