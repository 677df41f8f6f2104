package io.acuity.train;

import io.acuity.device.Device;
import io.acuity.metric.Score;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Trains the arms of an experiment one after the other, each with each seed, from one starting model under one schedule and on
 * the same patches, and measures the results on the same pictures. What is finished is kept, so an experiment that was stopped
 * goes on where it was.
 */
public final class Experiment {
    private final Path config;
    private final List<String> overrides;
    private final Map<String, String> environment;
    private final TrainConfig base;
    private final Path folder;
    private final Consumer<String> say;
    private final Map<String, Double> secondsPerStep = new LinkedHashMap<>();
    private @Nullable Train running;
    private boolean stopping;

    /** One run of one arm. */
    private record Task(Arm arm, long seed, ConfigFile config, Path folder) {}

    private Experiment(Path config, List<String> overrides, Map<String, String> environment, Consumer<String> say) {
        this.config = config;
        this.overrides = List.copyOf(overrides);
        this.environment = environment;
        this.say = say;
        base = ConfigFile.load(config, overrides, environment).config();
        folder = Train.folder(base);
    }

    /**
     * Reads an experiment; everything in it is checked before anything is trained.
     *
     * @param config a training configuration with a section {@code experiment}
     * @param overrides {@code key=value}
     * @param say takes a line about how it is getting on
     */
    public static Experiment of(
            Path config, List<String> overrides, Map<String, String> environment, Consumer<String> say) {
        Experiment experiment = new Experiment(config, overrides, environment, say);
        experiment.tasks();
        return experiment;
    }

    /** Where everything of it lies: {@code experiments/<name>}. */
    public Path folder() {
        return folder;
    }

    private List<Task> tasks() {
        List<Task> tasks = new ArrayList<>();
        for (long seed : base.experiment().seeds()) {
            for (String label : base.experiment().arms()) {
                Arm arm = Arm.parse(label);
                List<String> all = new ArrayList<>(overrides);
                all.addAll(arm.overrides());
                all.add("seed=" + seed);
                String name = arm.folder(seed);
                all.add("name=" + base.name() + "-" + name);
                tasks.add(new Task(arm, seed, ConfigFile.load(config, all, environment), folder.resolve(name)));
            }
        }
        return tasks;
    }

    /** Trains and measures what is not done yet; nothing if it was stopped before the end. */
    public Optional<Gains> run() {
        Evaluation evaluation = Evaluation.of(base);
        List<Task> tasks = tasks();
        for (int i = 0; i < tasks.size(); i++) {
            if (!isDone(tasks.get(i))) {
                say.accept("run %d of %d: %s, seed %d%s"
                        .formatted(
                                i + 1,
                                tasks.size(),
                                tasks.get(i).arm().label(),
                                tasks.get(i).seed(),
                                left(tasks, i)));
                if (!train(tasks.get(i))) {
                    return Optional.empty();
                }
            }
        }
        Gains gains = new Gains(base.experiment());
        if (base.path().pretrained().isPresent()) {
            String start = base.path().pretrained().get();
            gains.start(scores(evaluation, start, folder.resolve("start")));
        }
        for (Task task : tasks) {
            String model = task.folder().resolve("model.safetensors").toString();
            gains.add(task.arm(), scores(evaluation, model, task.folder()));
        }
        gains.write(folder.resolve("gains.csv"));
        return Optional.of(gains);
    }

    /** Asks the experiment to save and end after the present step; may be called from another thread. */
    public synchronized void stop() {
        stopping = true;
        if (running != null) {
            running.stop();
        }
    }

    private boolean isDone(Task task) {
        Path old = task.folder().resolve("config.yml");
        if (Files.exists(old)) {
            TrainConfig had = ConfigFile.load(old, List.of(), Map.of()).config();
            TrainConfig want = task.config().config();
            boolean same = had.train().equals(want.train())
                    && had.network().equals(want.network())
                    && had.datasets().equals(want.datasets())
                    && had.path().equals(want.path())
                    && had.seed() == want.seed()
                    && had.scale() == want.scale()
                    && had.precision() == want.precision();
            if (!same) {
                throw new ConfigException(task.folder() + " holds a run of another configuration; want another name, or"
                        + " that folder removed");
            }
        }
        return Files.exists(task.folder().resolve("model.safetensors"));
    }

    private boolean train(Task task) {
        try {
            Files.createDirectories(task.folder());
        } catch (IOException e) {
            throw WriteException.of(task.folder(), e);
        }
        try (Train train = Train.open(task.config().config(), task.folder(), true)) {
            synchronized (this) {
                running = train;
                if (stopping) {
                    train.stop();
                }
            }
            task.config().write(task.folder().resolve("config.yml"));
            long before = System.nanoTime();
            boolean whole = train.run();
            long steps = Math.max(1, base.train().steps() - train.start());
            secondsPerStep.put(task.arm().label(), (System.nanoTime() - before) / 1e9 / steps);
            return whole;
        } finally {
            synchronized (this) {
                running = null;
            }
        }
    }

    /** What the runs from number {@code from} on will take, by the speed of those before; nothing before the first is done. */
    private String left(List<Task> tasks, int from) {
        if (secondsPerStep.isEmpty()) {
            return "";
        }
        double slowest =
                secondsPerStep.values().stream().mapToDouble(d -> d).max().orElse(0);
        double seconds = 0;
        for (Task task : tasks.subList(from, tasks.size())) {
            seconds += base.train().steps()
                    * secondsPerStep.getOrDefault(task.arm().label(), slowest);
        }
        return "; about " + TrainProgress.duration(seconds) + " left for all";
    }

    /** Each picture's score, set by set; sets that were measured before are read from their files. */
    private SequencedMap<String, SequencedMap<String, Score>> scores(Evaluation evaluation, String model, Path where) {
        SequencedMap<String, SequencedMap<String, Score>> scores = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        for (String set : evaluation.sets()) {
            SequencedMap<String, Score> known = ScoreFile.read(file(where, set));
            scores.put(set, known);
            if (known.isEmpty()) {
                missing.add(set);
            }
        }
        if (missing.isEmpty()) {
            return scores;
        }
        try (Device device = Device.open(base.device())) {
            Network network = Models.open(model, device);
            try {
                for (String set : missing) {
                    say.accept("measuring " + model + " on " + set);
                    SequencedMap<String, Score> fresh = evaluation.scores(set, network);
                    ScoreFile.write(file(where, set), fresh);
                    scores.put(set, fresh);
                }
            } finally {
                network.parameters().close();
            }
        }
        return scores;
    }

    private Path file(Path where, String set) {
        return where.resolve("scores_%s_%s.csv".formatted(set, base.experiment().protocol()));
    }
}
