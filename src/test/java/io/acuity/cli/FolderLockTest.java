package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FolderLockTest {
    @TempDir
    Path folder = Path.of("");

    @Test
    void secondRunIsRefusedUntilTheFirstEnds() throws IOException {
        try (FolderLock _ = FolderLock.take(folder)) {
            assertThatThrownBy(() -> FolderLock.take(folder))
                    .isInstanceOf(LockedException.class)
                    .hasMessageContaining("another run of acuity");
        }
        FolderLock.take(folder).close();
        assertThat(Cli.tree(folder)).isEmpty();
    }

    @Test
    void staleLockIsTakenOver() throws IOException {
        Files.writeString(folder.resolve(".acuity.lock"), "left by a killed run");

        FolderLock.take(folder).close();

        assertThat(Cli.tree(folder)).isEmpty();
    }

    @Test
    void missingFolderIsMade() throws IOException {
        FolderLock.take(folder.resolve("a/b")).close();

        assertThat(folder.resolve("a/b")).isDirectory();
    }

    @Test
    void fileInTheWayIsAnOutputThatCannotBeWritten() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");

        assertThatThrownBy(() -> FolderLock.take(file.resolve("below"))).isInstanceOf(WriteException.class);
    }
}
