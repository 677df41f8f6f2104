package io.acuity.cli;

import java.io.IOException;

/** What the command line can be told to do; options are fields which picocli fills. */
interface Verb {
    /** Does it. Failures are exceptions, which {@link Failures} turns into exit codes. */
    ExitCode run(Streams streams) throws IOException;
}
