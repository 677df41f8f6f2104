package io.acuity.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLockTest {
    @TempDir
    Path run;

    @Test
    void oneProcessHoldsItOnce() throws IOException {
        RunLock lock = RunLock.take(run);
        assertThatThrownBy(() -> RunLock.take(run))
                .isInstanceOf(RunLockedException.class)
                .hasMessage(run + ": this process already writes to this run folder");
        Path link = Files.createSymbolicLink(run.resolveSibling(run.getFileName() + "-link"), run);
        assertThatThrownBy(() -> RunLock.take(link)).isInstanceOf(RunLockedException.class);
        Files.delete(link);
        lock.close();
        lock.close();
        RunLock.take(run).close();
        assertThat(run.resolve("lock")).isEmptyFile();
    }

    @Test
    void anotherProcessHoldsItUntilItDies() throws IOException, InterruptedException {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        run.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader said = other.inputReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).isEqualTo("held");
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> RunLock.take(run))
                        .isInstanceOf(RunLockedException.class)
                        .hasMessage(run + ": another process writes to this run folder (process " + other.pid() + ")");
            }
            other.destroyForcibly().waitFor();
            assertThat(run.resolve("lock")).hasContent("process " + other.pid() + "\n"); // stale
            RunLock.take(run).close();
        } finally {
            other.destroyForcibly();
        }
    }

    /** Takes the lock and waits to be killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws InterruptedException {
            RunLock lock = RunLock.take(Path.of(arguments[0]));
            System.out.println("held");
            Thread.sleep(60_000);
            lock.close();
        }
    }
}
