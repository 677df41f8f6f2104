package io.acuity.cli;

import java.io.Serial;
import java.nio.file.Path;

/** Another run writes to the same folder. */
final class LockedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    LockedException(Path folder) {
        super(folder + ": another run of acuity is writing to this folder; wait for it or choose another one");
    }
}
