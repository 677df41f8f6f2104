package io.acuity.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every parser against its seeds and so many files made of them; more with {@link Fuzz#main}. */
@Timeout(120)
final class FuzzTest {
    private static final int FILES = Integer.getInteger("acuity.fuzz", 1500);

    @ParameterizedTest
    @EnumSource(Target.class)
    void refusesOrReadsWhateverItIsGiven(Target target) throws IOException {
        assertThat(target.seeds()).isNotEmpty();
        Fuzz fuzz = new Fuzz(target);
        fuzz.seeds();
        for (int i = 0; i < FILES; i++) {
            fuzz.run(20261125, i);
        }
    }
}
