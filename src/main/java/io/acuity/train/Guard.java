package io.acuity.train;

import io.acuity.optim.StepWatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts the steps of a run that went wrong: a loss or a gradient that is not finite, or a pixel loss beyond {@code spike} times
 * the median of the last {@link StepWatch#WINDOW} good ones, once there are {@link StepWatch#LEAST}. {@link StepWatch} finds that
 * on the device, and such a step moves nothing; its report comes here, at the latest before it matters. After {@code patience} of them in a row the run goes back to earlier weights, and from then on takes half the rate; when that was done
 * {@code rollbacks} times, or no step was good since the last time, it ends.
 *
 * <p>What is decided depends on nothing but the numbers of the run, and all that is remembered goes through a checkpoint.
 */
final class Guard {
    private static final String RECENT = "guard_recent";
    private static final String SKIPPED = "guard_skipped";
    private static final String STREAK = "guard_streak";
    private static final String BACK = "guard_rollbacks";
    private static final String GOOD = "guard_good";

    /** What the end of a step calls for. */
    enum Verdict {
        GO_ON,
        GO_BACK
    }

    private final TrainConfig.Watch limits;
    private final Deque<Double> recent = new ArrayDeque<>();
    private long skipped;
    private int streak;
    private int rollbacks;

    /** Whether a step was good since the start or since the run last went back. */
    private boolean good;

    /** What is wrong with the step noted last. */
    private @Nullable String wrong;

    private double pixel;

    Guard(TrainConfig.Watch limits, Map<String, Object> state) {
        this.limits = limits;
        if (state.get(RECENT) instanceof List<?> list) {
            list.forEach(loss -> recent.add(((Number) loss).doubleValue()));
        }
        skipped = number(state, SKIPPED);
        streak = (int) number(state, STREAK);
        rollbacks = (int) number(state, BACK);
        good = Boolean.TRUE.equals(state.get(GOOD));
    }

    private static long number(Map<String, Object> state, String key) {
        return state.get(key) instanceof Number number ? number.longValue() : 0;
    }

    /** Takes note of what a step was found to be; the steps in their order, each followed by {@link #verdict}. */
    void note(StepWatch.Report report) {
        pixel = report.pixels();
        wrong = switch (report.finding()) {
            case GOOD -> null;
            case PIXELS_NOT_FINITE -> "the loss on pixels is " + report.pixels();
            case SPIKE ->
                "the loss on pixels is %.4g, more than %s times the median %.4g of the last good steps"
                        .formatted(report.pixels(), ConfigKey.written(limits.spike()), median());
            case EMBEDDING_NOT_FINITE -> "the embedding's loss or gradient is not finite";
            case LOSS_NOT_FINITE -> "the loss is " + report.loss();
            case GRADIENT_NOT_FINITE -> "the gradient is not finite";
        };
    }

    /** Whether the run may go back once so many more steps are noted, so that no step beyond them may be started. */
    boolean mayGoBackAfter(int steps) {
        return streak + steps >= limits.patience();
    }

    /** Losses on pixels of the last good steps, the oldest first. */
    List<Double> recent() {
        return List.copyOf(recent);
    }

    /**
     * Ends the step.
     *
     * @throws DivergedException if nothing is left to try
     */
    Verdict verdict(long step) {
        if (wrong == null) {
            recent.addLast(pixel);
            if (recent.size() > StepWatch.WINDOW) {
                recent.removeFirst();
            }
            streak = 0;
            good = true;
            return Verdict.GO_ON;
        }
        skipped++;
        streak++;
        if (streak < limits.patience()) {
            return Verdict.GO_ON;
        }
        if (!good || rollbacks >= limits.rollbacks()) {
            throw new DivergedException("training diverged: " + wrong + " at step " + step + ", " + streak
                    + " steps in a row went wrong, and " + tried());
        }
        rollbacks++;
        streak = 0;
        good = false;
        return Verdict.GO_BACK;
    }

    private String tried() {
        if (rollbacks == 0) {
            return good ? "train.guard.rollbacks allows no going back" : "none was good before";
        }
        return "going back " + rollbacks + (rollbacks == 1 ? " time" : " times") + " did not help";
    }

    /** Why the step noted last moved nothing, if it did not. */
    @Nullable
    String wrong() {
        return wrong;
    }

    /** Steps that moved no weights. */
    long skipped() {
        return skipped;
    }

    /** Wrong steps since the last good one. */
    int streak() {
        return streak;
    }

    /** The factor on every learning rate: half for each time the run went back. */
    double rateFactor() {
        return Math.pow(0.5, rollbacks);
    }

    /** Whether a checkpoint was saved when all was well. */
    static boolean isSound(Checkpoint checkpoint) {
        return number(checkpoint.state(), STREAK) == 0;
    }

    /** What a checkpoint must hold. */
    Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put(RECENT, new ArrayList<Object>(recent));
        state.put(SKIPPED, skipped);
        state.put(STREAK, (long) streak);
        state.put(BACK, (long) rollbacks);
        state.put(GOOD, good);
        return state;
    }

    private double median() {
        double[] sorted =
                recent.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
