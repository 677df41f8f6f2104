package io.acuity.train;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What a run tells about itself: rows in {@code metrics.csv}, the plot {@code plots/training.png}, progress on standard error.
 *
 * <p>Before a checkpoint is saved, {@link #sync} puts the rows on the disk and {@link #state} gives what the log needs to go on
 * from there, so that the file of a resumed run equals that of an uninterrupted one, byte for byte.
 */
public final class TrainLog implements AutoCloseable {
    private static final String LOSS = "log_loss_sum";
    private static final String COUNT = "log_loss_count";
    private static final String PSNR = "log_psnr";

    private final Path run;
    private final Metrics metrics;
    private final TrainProgress progress;
    private final long rowEvery;
    private double sum;
    private long count;
    private double lastLoss = Double.NaN;
    private OptionalDouble psnr;
    private boolean plotFailed;

    TrainLog(Path run, TrainProgress progress, long rowEvery, long step, Map<String, Object> state) {
        this.run = run;
        this.progress = progress;
        this.rowEvery = rowEvery;
        this.sum = state.get(LOSS) instanceof Number number ? number.doubleValue() : 0;
        this.count = state.get(COUNT) instanceof Number number ? number.longValue() : 0;
        this.psnr = state.get(PSNR) instanceof Number number
                ? OptionalDouble.of(number.doubleValue())
                : OptionalDouble.empty();
        this.metrics = Metrics.open(run.resolve("metrics.csv"), step);
    }

    /**
     * Opens the log of a run folder.
     *
     * @param total steps of the whole run
     * @param rowEvery steps from one row to the next
     * @param step completed steps: 0, or the step of the checkpoint from which the run goes on
     * @param state empty, or the state of that checkpoint
     * @throws io.acuity.weights.WriteException if it cannot be written
     */
    public static TrainLog open(Path run, long total, long rowEvery, long step, Map<String, Object> state) {
        return new TrainLog(run, TrainProgress.standard(step, total), rowEvery, step, state);
    }

    /**
     * Notes a finished step.
     *
     * @param step completed steps, this one included
     * @param patches how many patches the step learnt from
     * @param waitedNanos how long the step waited for its patches
     */
    public void step(long step, int patches, double loss, double learningRate, long waitedNanos) {
        sum += loss;
        count++;
        if (step % rowEvery == 0) {
            lastLoss = sum / count;
            metrics.add(new Metrics.Row(
                    step, OptionalDouble.of(lastLoss), OptionalDouble.of(learningRate), OptionalDouble.empty()));
            sum = 0;
            count = 0;
        }
        progress.step(step, patches, waitedNanos, count == 0 ? lastLoss : sum / count, psnr);
    }

    /** Notes a validation: PSNR in dB. */
    public void validation(long step, double decibels) {
        psnr = OptionalDouble.of(decibels);
        metrics.add(new Metrics.Row(step, OptionalDouble.empty(), OptionalDouble.empty(), psnr));
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
        psnr.ifPresent(decibels -> state.put(PSNR, decibels));
        return state;
    }

    @Override
    public void close() {
        progress.end();
        metrics.close();
    }
}
