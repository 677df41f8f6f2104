package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AcuityTest {
    static final String VERBS = "upscale,evaluate,metrics,degrade,train,convert,model,bench,devices";

    @ParameterizedTest
    @ValueSource(strings = {"", "--help", "-h", "help"})
    void listsTheVerbs(String word) {
        Cli run = word.isEmpty() ? Cli.run() : Cli.run(word);

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains(VERBS.split(",")).contains("acuity upscale");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"upscale", "evaluate", "metrics", "degrade", "train", "bench", "devices", "convert", "model"})
    void helpOfAVerbFitsAScreenAndHasThreeExamples(String verb) {
        Cli run = Cli.run(verb, "--help");

        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).hasSizeLessThanOrEqualTo(45);
        assertThat(run.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
        assertThat(run.out().lines().filter(line -> line.startsWith("  acuity ")))
                .hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sharpen                                  | there is no verb \"sharpen\"",
                "metrics --colour                         | Unknown option: '--colour'",
                "metrics -a x.png                         | Missing required option: '-b=FILE|DIR'",
                "metrics -a x.png -b y.png --crop many    | '--crop'",
                "metrics -a x.png -b y.png --crop -1      | --crop: want 0 or more, have -1",
                "metrics -a x.png -b y.png --protocol foo | want rcan, basicsr, selfexsr or paper, have foo",
                "degrade -i x.png -o y.png --scale 1      | --scale: want 2 to 16, have 1",
                "degrade -i x.png -o y.png -f webp        | want png, jpg, tif or bmp to write, have webp",
                "degrade -i x.png -o y.png --convention z | want clamped-u8, mirrored-u8 or mirrored-double, have z",
                "devices everything                       | everything"
            })
    void wrongUsageIsOneSentenceAndCodeTwo(String line, String sentence) {
        Cli run = Cli.run((Object[]) line.strip().split(" +"));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().lines())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("acuity: ")
                .contains(sentence);
        assertThat(run.bytes()).isEmpty();
    }

    @Test
    void underscoresInOptionsAreHyphens() {
        assertThat(Cli.run("degrade", "-i", "none.png", "-o", "a_b.png", "--dry_run")
                        .err())
                .doesNotContain("nknown");
        assertThat(Cli.run("degrade", "-i", "none.png", "-o", "a.png", "--dry_run=x_y")
                        .err())
                .contains("x_y");
    }

    @Test
    void stackTraceOnlyWithDebug() {
        assertThat(Cli.run("metrics", "-a", "none.png", "-b", "none.png").err().lines())
                .hasSize(1);
        assertThat(Cli.run("metrics", "-a", "none.png", "-b", "none.png", "--debug")
                        .err())
                .contains("InputException", "at io.acuity.cli");
    }
}
