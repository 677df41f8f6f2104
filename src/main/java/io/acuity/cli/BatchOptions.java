package io.acuity.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a verb that makes pictures of pictures goes through its inputs. */
final class BatchOptions {
    @Option(names = "--recursive", description = "take folders below as well, and keep their structure")
    boolean recursive;

    @Option(names = "--overwrite", description = "redo results that are there and newer than their input")
    boolean overwrite;

    @Option(names = "--dry-run", description = "only list what would be made")
    boolean dryRun;

    @Option(
            names = "--suffix",
            paramLabel = "TEXT",
            description = "end of the results' names before the dot (default: the scale)")
    @Nullable
    String suffix;

    @Option(
            names = {"-q", "--quiet"},
            description = "no progress and no summary, only failures")
    boolean quiet;

    @Option(names = "--json", description = "one JSON object for each picture on standard output")
    boolean json;
}
