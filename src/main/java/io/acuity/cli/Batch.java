package io.acuity.cli;

import io.acuity.data.ImageException;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Goes through a folder of pictures: skips what is done, does not stop at a bad file, lists the failures at the end. */
final class Batch {
    /** Makes one picture; says in {@code result} what JSON output should tell. */
    @FunctionalInterface
    interface Work {
        void make(Job job, Map<String, Object> result) throws IOException;
    }

    /** Linux's limit; to find it out by failing would look like an output that cannot be written and stop the batch. */
    private static final int LONGEST_NAME = 255;

    private final Streams streams;
    private final BatchOptions options;
    private final Work work;
    private final List<String> failures = new ArrayList<>();
    private int done;
    private int skipped;

    Batch(Streams streams, BatchOptions options, Work work) {
        this.streams = streams;
        this.options = options;
        this.work = work;
    }

    /** One picture that was asked for by name: it is made whatever is there, and its failure is the verb's. */
    ExitCode one(Job job) throws IOException {
        if (options.dryRun) {
            streams.print(job.input() + " -> " + job.output());
            return ExitCode.DONE;
        }
        Map<String, Object> result = make(job);
        if (options.json) {
            streams.print(result);
        }
        return ExitCode.DONE;
    }

    /** All pictures of a folder; {@code output} is kept for this run alone meanwhile. */
    ExitCode all(List<Job> jobs, Path output) throws IOException {
        if (options.dryRun) {
            for (Job job : jobs) {
                boolean skip = !options.overwrite && job.isDone();
                streams.print(job.input() + " -> " + job.output() + (skip ? " (done already)" : ""));
            }
            return ExitCode.DONE;
        }
        try (FolderLock _ = FolderLock.take(output);
                Progress progress = Progress.of(streams, "pictures", options.quiet)) {
            for (int i = 0; i < jobs.size(); i++) {
                progress.at(i, jobs.size());
                attempt(jobs.get(i), progress);
            }
        }
        return summary(jobs.size());
    }

    private void attempt(Job job, Progress progress) throws IOException {
        Map<String, Object> result;
        try {
            if (!options.overwrite && Files.exists(job.input()) && job.isDone()) {
                skipped++;
                result = entry(job, "skipped");
            } else {
                Path folder = job.output().toAbsolutePath().getParent();
                if (folder != null) {
                    createFolders(folder);
                }
                result = make(job);
                done++;
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            if (!concernsOnePicture(e)) {
                throw e;
            }
            String sentence = Failures.sentence(e);
            failures.add(sentence);
            progress.clear();
            streams.tell(sentence);
            result = entry(job, "failed");
            result.put("code", Failures.code(e).number());
            result.put("reason", sentence);
        }
        if (options.json) {
            streams.print(result);
        }
    }

    private static void createFolders(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw WriteException.of(folder, e);
        }
    }

    /** A full disk, a lost device or a wrong model would spoil the next picture just as well: then the batch stops. */
    private static boolean concernsOnePicture(Throwable e) {
        return e instanceof ImageException || e instanceof InputException || e instanceof OutOfMemoryError;
    }

    private Map<String, Object> make(Job job) throws IOException {
        if (job.output().getFileName().toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            throw new InputException(job.input() + ": want a result's name of at most " + LONGEST_NAME
                    + " bytes, have a longer one; a shorter --suffix may do");
        }
        long start = System.nanoTime();
        Map<String, Object> result = entry(job, "done");
        work.make(job, result);
        result.put("ms", Math.round((System.nanoTime() - start) / 1e5) / 10.0);
        return result;
    }

    private static Map<String, Object> entry(Job job, String status) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("input", job.input().toString());
        result.put("output", job.output().toString());
        result.put("status", status);
        return result;
    }

    private ExitCode summary(int total) {
        if (!failures.isEmpty()) {
            streams.tell(failures.size() + " of " + total + " pictures failed:");
            failures.forEach(failure -> streams.err().println("  " + failure));
        }
        if (!options.quiet) {
            String more = skipped == 0 ? "" : ", " + skipped + " were done already (--overwrite redoes them)";
            streams.tell(done + " of " + total + " pictures made" + more);
        }
        return failures.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }
}
