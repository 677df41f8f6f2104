package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.data.ImageException;
import io.acuity.device.DeviceException;
import io.acuity.train.ConfigException;
import io.acuity.train.RunLockedException;
import io.acuity.weights.WeightsException;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class FailuresTest {
    static Stream<Arguments> codes() {
        return Stream.of(
                Arguments.of(new UsageException("x"), 2),
                Arguments.of(new ConfigException("x"), 2),
                Arguments.of(new InvalidPathException("x\0", "nul"), 2),
                Arguments.of(new InputException("x"), 3),
                Arguments.of(new ImageException("x", "y"), 3),
                Arguments.of(new NoSuchFileException("x"), 3),
                Arguments.of(new WeightsException("x"), 4),
                Arguments.of(new DeviceException("x"), 5),
                Arguments.of(new OutOfMemoryError("x"), 5),
                Arguments.of(new LockedException(Path.of("x")), 5),
                Arguments.of(new RunLockedException("x"), 5),
                Arguments.of(WriteException.of(Path.of("x"), new IOException("No space left on device")), 6),
                Arguments.of(new Streams.OutputGoneException(new IOException("Broken pipe")), 6),
                Arguments.of(new IllegalStateException("x"), 1),
                Arguments.of(new StackOverflowError(), 1));
    }

    @ParameterizedTest
    @MethodSource("codes")
    void everyFailureHasItsCodeAndASentence(Throwable failure, int code) {
        assertThat(Failures.code(failure).number()).isEqualTo(code);
        assertThat(Failures.sentence(failure)).isNotBlank().doesNotContain("\n");
    }

    @Test
    void namesCannotBreakTheLine() {
        assertThat(Failures.sentence(new InputException("a\nb\u001b[31m: no such file")))
                .isEqualTo("a?b?[31m: no such file");
    }
}
