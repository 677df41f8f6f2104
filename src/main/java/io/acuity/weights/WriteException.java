package io.acuity.weights;

import java.io.IOException;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** An output that cannot be written (exit code 6); the message names the file and the reason. */
public final class WriteException extends UncheckedIOException {
    @Serial
    private static final long serialVersionUID = 1;

    private WriteException(String message, IOException cause) {
        super(message, cause);
    }

    /** The sentence for what the file system refused while {@code target} was being written. */
    public static WriteException of(Path target, IOException cause) {
        return new WriteException("cannot write " + target + ": " + reason(cause), cause);
    }

    static String reason(IOException cause) {
        String text = cause instanceof FileSystemException failure && failure.getReason() != null
                ? failure.getReason()
                : cause.getMessage();
        return switch (cause) {
            case AccessDeniedException _ -> "permission denied";
            case NoSuchFileException missing -> "no such folder (" + missing.getFile() + ")";
            case NotDirectoryException file -> file.getFile() + " is not a folder";
            case FileAlreadyExistsException taken -> taken.getFile() + " is in the way";
            default -> text == null ? cause.getClass().getSimpleName() : plain(text);
        };
    }

    private static String plain(String text) {
        if (text.contains("No space left")) {
            return "disk full";
        }
        if (text.contains("quota")) {
            return "disk quota used up";
        }
        return text.contains("Read-only file system") ? "read-only file system" : text;
    }
}
