package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.acuity.weights.AtomicFile;
import io.acuity.weights.Disk;
import io.acuity.weights.StateDict;
import io.acuity.weights.WeightsException;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The checkpoints of a run, {@code <run>/checkpoints/step_00001200/}: each is there completely or not at all, whatever happens
 * to the process, the disk or the power. While a store is open no other can write to the run folder.
 *
 * <p>A checkpoint is written into a temporary folder, synced, and renamed. The last {@code keepLast} whole ones and the one of
 * the highest validation PSNR are kept; the text files {@code latest} and {@code best} name the newest and the best one.
 */
public final class CheckpointStore implements AutoCloseable {
    private static final String REPLACED = ".replaced-";

    /** Headers, state and sums beside the tensors. */
    private static final long ROOM_FOR_TEXT = 1 << 20;

    private final Disk disk;
    private final Path folder;
    private final int keepLast;
    private final Predicate<Checkpoint> regular;
    private final Consumer<String> warning;
    private final RunLock lock;

    /** Which checkpoints are known to be whole. */
    private final NavigableMap<Long, Known> whole = new TreeMap<>();

    private final Set<Long> damaged = new HashSet<>();

    private record Known(OptionalDouble psnr, boolean regular) {}

    private CheckpointStore(
            Disk disk,
            Path folder,
            int keepLast,
            Predicate<Checkpoint> regular,
            Consumer<String> warning,
            RunLock lock) {
        this.disk = disk;
        this.folder = folder;
        this.keepLast = keepLast;
        this.regular = regular;
        this.warning = warning;
        this.lock = lock;
    }

    /**
     * Opens the checkpoints of a run folder, which is made if it is not there, and clears away what an earlier process left
     * unfinished.
     *
     * @param regular which checkpoints a run saves whether it is stopped or not: the last {@code keepLast} of these are kept
     *     too, so that where it can go back to does not depend on when it was stopped
     * @param warning takes one sentence for each damaged checkpoint
     * @throws RunLockedException if another process writes to the folder
     * @throws WriteException if the folder cannot be written to
     */
    public static CheckpointStore open(
            Path run, int keepLast, Predicate<Checkpoint> regular, Consumer<String> warning) {
        return open(Disk.REAL, run, keepLast, regular, warning);
    }

    static CheckpointStore open(Disk disk, Path run, int keepLast, Consumer<String> warning) {
        return open(disk, run, keepLast, _ -> true, warning);
    }

    private static CheckpointStore open(
            Disk disk, Path run, int keepLast, Predicate<Checkpoint> regular, Consumer<String> warning) {
        if (keepLast < 1) {
            throw new IllegalArgumentException("checkpoints to keep: want 1 or more, have " + keepLast);
        }
        Path folder = run.resolve("checkpoints");
        try {
            createFolders(disk, folder);
        } catch (IOException e) {
            throw WriteException.of(folder, e);
        }
        RunLock lock = RunLock.take(run);
        boolean opened = false;
        try {
            CheckpointStore store = new CheckpointStore(disk, folder, keepLast, regular, warning, lock);
            store.tidy(run);
            store.tidy(folder);
            opened = true;
            return store;
        } catch (IOException e) {
            throw WriteException.of(folder, e);
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    /**
     * Saves a checkpoint; one of the same step is replaced. Then removes those that need not be kept.
     *
     * @throws WriteException if it cannot be saved, with the reason; all earlier ones are still there
     */
    public void save(Checkpoint checkpoint) {
        Path target = path(checkpoint.step());
        Path temporary = AtomicFile.temporary(folder);
        boolean saved = false;
        try {
            wantRoom(checkpoint);
            CheckpointFolder.write(disk, temporary, checkpoint);
            if (Files.exists(target)) {
                disk.move(target, folder.resolve(REPLACED + target.getFileName()));
                disk.syncFolder(folder);
            }
            disk.move(temporary, target);
            disk.syncFolder(folder);
            saved = true;
        } catch (IOException e) {
            throw WriteException.of(target, e);
        } finally {
            if (!saved) {
                tidyQuietly();
            }
        }
        note(checkpoint);
        damaged.remove(checkpoint.step());
        name("latest", checkpoint.step());
        best().ifPresent(step -> name("best", step));
        tidyQuietly();
        removeOld(checkpoint.step());
    }

    /** Asked before anything is written: a disk filled to the brim would hurt other programs too. */
    private void wantRoom(Checkpoint checkpoint) throws IOException {
        long want = ROOM_FOR_TEXT;
        for (StateDict part : checkpoint.parts().values()) {
            want += part.byteSize();
        }
        long have = disk.usable(folder);
        if (have < want) {
            throw new IOException(
                    "want %.1f MB of free space for a checkpoint, have %.1f".formatted(want / 1e6, have / 1e6));
        }
    }

    /**
     * The newest whole checkpoint; each newer, damaged one is reported.
     *
     * @return nothing if the run has no checkpoint
     * @throws WeightsException if there are checkpoints but none is whole
     */
    public Optional<Checkpoint> newest() {
        List<Long> steps = steps().reversed();
        for (long step : steps) {
            Optional<Checkpoint> checkpoint = read(step);
            if (checkpoint.isPresent()) {
                return checkpoint;
            }
        }
        if (!steps.isEmpty()) {
            throw new WeightsException(folder + ": want a whole checkpoint, have " + steps.size() + " damaged");
        }
        return Optional.empty();
    }

    /**
     * The newest regular checkpoint of step {@code latest} or before, or else the earliest regular one.
     *
     * @throws WeightsException if there is none
     */
    Checkpoint before(long latest) {
        Optional<Checkpoint> found = Optional.empty();
        for (long step : steps().reversed()) {
            Optional<Checkpoint> checkpoint = read(step).filter(regular);
            if (checkpoint.isPresent()) {
                found = checkpoint;
                if (step <= latest) {
                    break;
                }
            }
        }
        return found.orElseThrow(() -> new WeightsException(folder + ": want a checkpoint to go back to, have none"));
    }

    /** The step of the whole checkpoint with the highest validation PSNR, the earliest of equals. */
    public Optional<Long> best() {
        steps().forEach(this::inspect);
        return whole.entrySet().stream()
                .filter(entry -> entry.getValue().psnr().isPresent())
                .max(Comparator.<Map.Entry<Long, Known>>comparingDouble(
                                entry -> entry.getValue().psnr().getAsDouble())
                        .thenComparing(Map.Entry::getKey, Comparator.reverseOrder()))
                .map(Map.Entry::getKey);
    }

    /** The checkpoint of a step, if it is there and whole; damage is reported. */
    public Optional<Checkpoint> read(long step) {
        if (!Files.isDirectory(path(step))) {
            return Optional.empty();
        }
        try {
            Checkpoint checkpoint = CheckpointFolder.read(path(step));
            if (checkpoint.step() != step) {
                throw new WeightsException(path(step) + ": want step " + step + ", have " + checkpoint.step());
            }
            note(checkpoint);
            return Optional.of(checkpoint);
        } catch (WeightsException e) {
            whole.remove(step);
            if (damaged.add(step)) {
                warning.accept("the checkpoint of step " + step + " is damaged and not used: " + e.getMessage());
            }
            return Optional.empty();
        }
    }

    /** The steps of all checkpoints, rising, damaged ones included. */
    public List<Long> steps() {
        return list(folder).stream()
                .map(path -> path.getFileName().toString())
                .filter(name -> name.matches("step_[0-9]{8,18}"))
                .map(name -> Long.valueOf(name.substring("step_".length())))
                .sorted()
                .toList();
    }

    /** Where the checkpoint of a step lies. */
    public Path path(long step) {
        return folder.resolve("step_%08d".formatted(step));
    }

    /** Lets others write to the run folder. */
    @Override
    public void close() {
        lock.close();
    }

    private void note(Checkpoint checkpoint) {
        whole.put(checkpoint.step(), new Known(checkpoint.psnr(), regular.test(checkpoint)));
    }

    /** Reads a checkpoint once, to know whether it counts. */
    private void inspect(long step) {
        if (!whole.containsKey(step) && !damaged.contains(step)) {
            var _ = read(step);
        }
    }

    private void name(String file, long step) {
        byte[] text = (path(step).getFileName() + "\n").getBytes(UTF_8);
        AtomicFile.write(disk, folder.resolve(file), out -> out.write(text));
    }

    /** What is newer than the checkpoint just saved belongs to another course of the run; it is left alone. */
    private void removeOld(long saved) {
        Set<Long> kept = new HashSet<>();
        whole.headMap(saved, true).descendingKeySet().stream().limit(keepLast).forEach(kept::add);
        whole.headMap(saved, true).descendingMap().entrySet().stream()
                .filter(entry -> entry.getValue().regular())
                .limit(keepLast)
                .forEach(entry -> kept.add(entry.getKey()));
        best().ifPresent(kept::add);
        for (long step : steps()) {
            if (step < saved && !kept.contains(step)) {
                try {
                    Path temporary = AtomicFile.temporary(folder);
                    disk.move(path(step), temporary);
                    disk.syncFolder(folder); // or a power loss may leave the old name with half of its files
                    whole.remove(step);
                    remove(temporary);
                } catch (IOException e) {
                    warning.accept(WriteException.of(path(step), e).getMessage() + "; it is not removed");
                }
            }
        }
    }

    /** Removes temporary files and folders, and puts back a checkpoint whose replacement did not arrive. */
    private void tidy(Path where) throws IOException {
        for (Path path : list(where)) {
            String name = path.getFileName().toString();
            if (name.startsWith(REPLACED)) {
                Path original = where.resolve(name.substring(REPLACED.length()));
                if (Files.exists(original)) {
                    remove(path);
                } else {
                    disk.move(path, original);
                    disk.syncFolder(where);
                }
            } else if (AtomicFile.isTemporary(path)) {
                remove(path);
            }
        }
    }

    private void tidyQuietly() {
        try {
            tidy(folder);
        } catch (IOException | WeightsException e) {
            warning.accept(folder + ": unfinished files are left there: " + e.getMessage());
        }
    }

    private void remove(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            for (Path inner : list(path)) {
                disk.delete(inner);
            }
        }
        disk.delete(path);
    }

    private static void createFolders(Disk disk, Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        if (parent != null && !Files.isDirectory(absolute)) {
            createFolders(disk, parent);
            disk.createFolder(absolute);
            disk.syncFolder(parent);
        }
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.sorted().toList();
        } catch (IOException e) {
            throw new WeightsException(folder + ": cannot be read: " + e, e);
        }
    }
}
