package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.acuity.metric.Score;
import io.acuity.weights.AtomicFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.ToDoubleFunction;

/**
 * What the arms of an experiment have gained over the first one, set by set: of each picture the mean over seeds of the
 * difference, of these the mean, and its interval by bootstrap over pictures. Seeds are not resampled, so the interval says
 * nothing about other seeds.
 */
public final class Gains {
    /** The samples of all intervals are drawn from this seed. */
    private static final long SEED = 1;

    private static final String START = "start";

    /**
     * One arm on one set.
     *
     * @param arm its label, {@code start} for the model that all started from
     * @param images pictures of the set
     * @param seeds runs of the arm
     * @param mean means over pictures and seeds
     * @param psnr gain of luma's PSNR in dB; nothing for the first arm
     * @param ssim gain of luma's SSIM; nothing for the first arm
     */
    public record Row(
            String arm,
            String set,
            int images,
            int seeds,
            Score mean,
            Optional<Interval> psnr,
            Optional<Interval> ssim) {}

    /** A mean with its 95 % interval, and how many pictures of the set are better. */
    public record Interval(double mean, double low, double high, int better) {
        /** Whether 0 lies outside. */
        public boolean isClear() {
            return low > 0 || high < 0;
        }
    }

    private final int resamples;
    private final SequencedMap<String, List<Map<String, SequencedMap<String, Score>>>> runs = new LinkedHashMap<>();
    private final String first;

    Gains(Comparison comparison) {
        resamples = comparison.resamples();
        first = Arm.parse(comparison.arms().getFirst()).label();
    }

    void start(Map<String, SequencedMap<String, Score>> scores) {
        runs.put(START, List.of(scores));
    }

    void add(Arm arm, Map<String, SequencedMap<String, Score>> scores) {
        runs.computeIfAbsent(arm.label(), _ -> new ArrayList<>()).add(scores);
    }

    /** Every arm on every set. */
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        runs.forEach((arm, own) -> {
            for (String set : own.getFirst().keySet()) {
                rows.add(row(arm, own, set));
            }
        });
        return rows;
    }

    private Row row(String arm, List<Map<String, SequencedMap<String, Score>>> own, String set) {
        List<Score> all = new ArrayList<>();
        own.forEach(run -> all.addAll(scores(run, set).values()));
        Optional<Interval> psnr = Optional.empty();
        Optional<Interval> ssim = Optional.empty();
        if (!arm.equals(first)) {
            psnr = Optional.of(interval(own, set, Score::psnrY));
            ssim = Optional.of(interval(own, set, Score::ssimY));
        }
        return new Row(arm, set, scores(own.getFirst(), set).size(), own.size(), Score.mean(all), psnr, ssim);
    }

    private Interval interval(
            List<Map<String, SequencedMap<String, Score>>> own, String set, ToDoubleFunction<Score> value) {
        List<Map<String, SequencedMap<String, Score>>> base = runs.getOrDefault(first, List.of());
        List<String> images = List.copyOf(scores(base.getFirst(), set).keySet());
        double[] differences = new double[images.size()];
        for (int i = 0; i < differences.length; i++) {
            String image = images.get(i);
            for (int seed = 0; seed < base.size(); seed++) {
                // the starting model has one run, which stands against each seed
                Score mine =
                        scores(own.get(Math.min(seed, own.size() - 1)), set).get(image);
                Score theirs = scores(base.get(seed), set).get(image);
                if (mine == null || theirs == null) {
                    throw new IllegalStateException("gains: want " + image + " of " + set + " measured for each run");
                }
                differences[i] += (value.applyAsDouble(mine) - value.applyAsDouble(theirs)) / base.size();
            }
        }
        Bootstrap b = Bootstrap.of(differences, resamples, SEED);
        return new Interval(b.mean(), b.low(), b.high(), b.better());
    }

    private static SequencedMap<String, Score> scores(Map<String, SequencedMap<String, Score>> run, String set) {
        SequencedMap<String, Score> scores = run.get(set);
        if (scores == null) {
            throw new IllegalStateException("gains: want each run measured on " + set);
        }
        return scores;
    }

    void write(Path file) {
        StringBuilder text =
                new StringBuilder("arm,set,images,seeds,psnr_y,ssim_y,gain_psnr,gain_psnr_low,gain_psnr_high,"
                        + "images_better,gain_ssim,gain_ssim_low,gain_ssim_high\n");
        for (Row row : rows()) {
            text.append(quoted(row.arm()))
                    .append(',')
                    .append(row.set())
                    .append(',')
                    .append(row.images())
                    .append(',');
            text.append(row.seeds())
                    .append(',')
                    .append(row.mean().psnrY())
                    .append(',')
                    .append(row.mean().ssimY());
            text.append(row.psnr()
                    .map(p -> "," + p.mean() + "," + p.low() + "," + p.high() + "," + p.better())
                    .orElse(",,,,"));
            text.append(row.ssim()
                    .map(s -> "," + s.mean() + "," + s.low() + "," + s.high())
                    .orElse(",,,"));
            text.append('\n');
        }
        AtomicFile.write(file, out -> out.write(text.toString().getBytes(UTF_8)));
    }

    private static String quoted(String text) {
        return text.contains(",") ? '"' + text + '"' : text;
    }
}
