package io.acuity.cli;

import picocli.CommandLine.Option;

/** Options of every verb. */
final class CommonOptions {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this help")
    boolean help;

    @Option(names = "--debug", description = "show where a failure came from")
    boolean debug;
}
