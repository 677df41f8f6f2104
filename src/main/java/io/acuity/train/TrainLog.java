package io.acuity.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a run tells about itself: rows in {@code metrics.csv}, the same as events for TensorBoard, the plot {@code
 * plots/training.png}, progress on standard error.
 *
 * <p>Before a checkpoint is saved, {@link #sync} puts the rows on the disk and {@link #state} gives what the log needs to go on
 * from there, so that the file of a resumed run equals that of an uninterrupted one, byte for byte.
 */
public final class TrainLog implements AutoCloseable {
    private static final String LOSS = "log_loss_sum";
    private static final String COUNT = "log_loss_count";
    private static final String SUMS = "log_sums";
    private static final String PSNR = "log_psnr";

    /** The column of steps that did not move the weights, counted from the run's start. */
    static final String SKIPPED = "skipped";

    /**
     * What a run writes.
     *
     * @param total steps of the whole run
     * @param rowEvery steps from one row to the next
     * @param terms further numbers of each step whose means are logged: {@code l1}, {@code l_cl}
     * @param events whether TensorBoard's files are written
     */
    public record Options(long total, long rowEvery, List<String> terms, boolean events) {
        public Options {
            terms = List.copyOf(terms);
        }
    }

    private final Path run;
    private final Metrics metrics;
    private final @Nullable EventFile events;
    private final TrainProgress progress;
    private final Options options;
    private final Map<String, Double> sums = new LinkedHashMap<>();
    private double sum;
    private long count;
    private double lastLoss = Double.NaN;
    private OptionalDouble psnr;
    private boolean plotFailed;

    TrainLog(Path run, TrainProgress progress, Options options, long step, Map<String, Object> state) {
        this.run = run;
        this.progress = progress;
        this.options = options;
        this.sum = number(state.get(LOSS));
        this.count = (long) number(state.get(COUNT));
        Map<?, ?> more = state.get(SUMS) instanceof Map<?, ?> map ? map : Map.of();
        options.terms().forEach(term -> sums.put(term, number(more.get(term))));
        this.psnr = state.get(PSNR) instanceof Number number
                ? OptionalDouble.of(number.doubleValue())
                : OptionalDouble.empty();
        List<String> columns = new ArrayList<>(options.terms());
        columns.add(SKIPPED);
        this.metrics = Metrics.open(run.resolve("metrics.csv"), step, columns);
        this.events = options.events() ? EventFile.open(run, step) : null;
    }

    private static double number(@Nullable Object value) {
        return value instanceof Number number ? number.doubleValue() : 0;
    }

    /**
     * Opens the log of a run folder.
     *
     * @param step completed steps: 0, or the step of the checkpoint from which the run goes on
     * @param state empty, or the state of that checkpoint
     * @throws io.acuity.weights.WriteException if it cannot be written
     */
    public static TrainLog open(Path run, Options options, long step, Map<String, Object> state) {
        return new TrainLog(run, TrainProgress.standard(step, options.total()), options, step, state);
    }

    /** Notes the loss of a step that moved the weights, and the further numbers by name; before {@link #step}. */
    public void learnt(double loss, Map<String, Double> terms) {
        sum += loss;
        count++;
        sums.replaceAll((term, value) -> value + terms.getOrDefault(term, 0.0));
    }

    /**
     * Notes that a step is over.
     *
     * @param step completed steps, this one included
     * @param patches how many patches the step learnt from
     * @param waitedNanos how long the step waited for its patches
     * @param skipped how many steps of the run have not moved the weights
     */
    public void step(long step, int patches, double learningRate, long waitedNanos, long skipped) {
        if (step % options.rowEvery() == 0) {
            Map<String, Double> more = new LinkedHashMap<>();
            if (count > 0) {
                lastLoss = sum / count;
                sums.forEach((term, value) -> more.put(term, value / count));
            }
            more.put(SKIPPED, (double) skipped);
            OptionalDouble mean = count > 0 ? OptionalDouble.of(lastLoss) : OptionalDouble.empty();
            metrics.add(Metrics.Row.of(step, mean, learningRate, more));
            event(step, mean, learningRate, more);
            sum = 0;
            count = 0;
            sums.replaceAll((_, _) -> 0.0);
        }
        progress.step(step, patches, waitedNanos, count == 0 ? lastLoss : sum / count, psnr);
    }

    private void event(long step, OptionalDouble loss, double rate, Map<String, Double> more) {
        if (events != null) {
            Map<String, Double> scalars = new LinkedHashMap<>();
            loss.ifPresent(value -> scalars.put("train/loss", value));
            scalars.put("train/learning_rate", rate);
            more.forEach((name, value) -> scalars.put("train/" + name, value));
            events.scalars(step, scalars);
        }
    }

    /** Notes a validation: PSNR in dB. */
    public void validation(long step, double decibels) {
        psnr = OptionalDouble.of(decibels);
        metrics.add(Metrics.Row.validation(step, decibels));
        if (events != null) {
            events.scalars(step, Map.of("val/psnr", decibels));
        }
    }

    /** Prints one line that stays, on standard error. */
    public void say(String text) {
        progress.say(text);
    }

    /** Draws {@code plots/training.png}; a picture that cannot be drawn is reported once and does not stop the run. */
    public void plot(String title) {
        try {
            TrainPlot.draw(run.resolve("metrics.csv"), run.resolve("plots").resolve("training.png"), title);
        } catch (TrainPlot.PlotException e) {
            if (!plotFailed) {
                say("no plot: " + e.getMessage());
            }
            plotFailed = true;
        }
    }

    /** Waits until all rows are on the disk; to be called before a checkpoint of this step is saved. */
    public void sync() {
        metrics.sync();
    }

    /** What the log needs to go on after this step, as JSON values; to be put into the state of the checkpoint. */
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put(LOSS, sum);
        state.put(COUNT, count);
        if (!sums.isEmpty()) {
            state.put(SUMS, new LinkedHashMap<>(sums));
        }
        psnr.ifPresent(decibels -> state.put(PSNR, decibels));
        return state;
    }

    @Override
    public void close() {
        progress.end();
        metrics.close();
        if (events != null) {
            events.close();
        }
    }
}
