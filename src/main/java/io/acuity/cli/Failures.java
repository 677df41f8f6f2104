package io.acuity.cli;

import io.acuity.data.ImageException;
import io.acuity.device.DeviceException;
import io.acuity.device.OutOfDeviceMemoryException;
import io.acuity.infer.TilingException;
import io.acuity.train.ConfigException;
import io.acuity.train.DivergedException;
import io.acuity.train.RunLockedException;
import io.acuity.weights.WeightsException;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;

/** The one place where exceptions become exit codes and sentences. */
final class Failures {
    private Failures() {}

    static ExitCode code(Throwable failure) {
        return switch (failure) {
            case TilingException tiles when tiles.asked() -> ExitCode.USAGE;
            case UsageException _, ConfigException _, InvalidPathException _ -> ExitCode.USAGE;
            case WriteException _, Streams.OutputGoneException _ -> ExitCode.OUTPUT;
            case InputException _, ImageException _ -> ExitCode.INPUT;
            case WeightsException _ -> ExitCode.MODEL;
            case DeviceException _,
                    TilingException _,
                    OutOfDeviceMemoryException _,
                    LockedException _,
                    RunLockedException _,
                    OutOfMemoryError _ -> ExitCode.DEVICE;
            case DivergedException _ -> ExitCode.DIVERGED;
            case IOException _, UncheckedIOException _ -> ExitCode.INPUT;
            default -> ExitCode.FAILED;
        };
    }

    /** One line without the program's name. */
    static String sentence(Throwable failure) {
        String message = failure.getMessage();
        return switch (failure) {
            case OutOfMemoryError _ ->
                "memory is used up (" + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MB of heap); a smaller picture or more memory would do";
            case InvalidPathException e -> "this cannot be the name of a file: " + visible(e.getInput());
            case RuntimeException e
            when code(e) == ExitCode.FAILED ->
                "something is wrong in the program (" + visible(String.valueOf(e)) + "); --debug shows where";
            case Error e ->
                "something is wrong in the program (" + visible(String.valueOf(e)) + "); --debug shows where";
            default -> visible(message == null ? failure.getClass().getSimpleName() : message);
        };
    }

    /** Names may hold line ends and other control characters; a sentence is one line. */
    static String visible(String text) {
        StringBuilder line = new StringBuilder();
        text.codePoints().forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return line.toString();
    }
}
