package io.acuity.cli;

import io.acuity.weights.Json;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Where a verb reads and writes: pictures and results go to {@code out}, progress and complaints to {@code err}.
 *
 * @param out results; unlike a PrintStream it tells when the reader is gone
 * @param terminal whether {@code err} is a terminal, where a line may be written over
 */
record Streams(InputStream in, OutputStream out, PrintStream err, boolean terminal) {
    /** The process's own; the launcher says whether there is a terminal, asking Java would load a console library. */
    static Streams ofProcess() {
        return new Streams(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                Boolean.getBoolean("acuity.terminal"));
    }

    /** One line of result. */
    void print(String line) {
        try {
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new OutputGoneException(e);
        }
    }

    /** One result as a JSON object on a line. */
    void print(Map<String, ?> result) {
        print(Json.write(result));
    }

    /** One line beside the results. */
    void tell(String line) {
        err.println("acuity: " + line);
    }

    /** Whoever read standard output has closed it, or the disk behind it is full. */
    static final class OutputGoneException extends UncheckedIOException {
        private static final long serialVersionUID = 1L;

        OutputGoneException(IOException cause) {
            super("cannot write to standard output: " + cause.getMessage(), cause);
        }
    }
}
