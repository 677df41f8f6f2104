package io.acuity.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void readsEveryKindOfValue() {
        assertThat(Json.parse("""
                        {"a": [1, -2.5, 1e3, 9223372036854775807, 9223372036854775808, true, false, []],
                         "b\\u00e9\\n\\"\\\\\\/": {"c": "\\ud83d\\ude00 \u00fc"}}"""))
                .isEqualTo(Map.of(
                        "a", List.of(1L, -2.5, 1000.0, Long.MAX_VALUE, 0x1p63, true, false, List.of()),
                        "b\u00e9\n\"\\/", Map.of("c", "\ud83d\ude00 \u00fc")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "}",
                "[",
                "[1",
                "[1,",
                "[1,]",
                "[,]",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "{'a':1}",
                "01",
                "1.",
                ".5",
                "+1",
                "-",
                "1e",
                "1e999",
                "NaN",
                "Infinity",
                "nul",
                "null",
                "tru",
                "\"",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"\\ud83d\"",
                "\"\\ude00\\ud83d\"",
                "\"\t\"",
                "\"\\n\t\"",
                "1 2",
                "{} {}",
                "[1]]",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1,\"\\u0061\":2}",
                "\"\\u\uff11\uff12\uff13\uff14\"",
                "// x\n1",
                "[1 2]",
                "\u00a01"
            })
    void refusesWhatIsNotStrictJson(String text) {
        assertThatThrownBy(() -> Json.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("JSON at character ");
    }

    @Test
    void saysWhatAndWhere() {
        assertThatThrownBy(() -> Json.parse("{\"step\": 1, \"step\": 2}"))
                .hasMessage("JSON at character 12: want each key once; \"step\" comes twice, have \"\"step\": 2}\"");
        assertThatThrownBy(() -> Json.parse("[1 2]")).hasMessage("JSON at character 3: want ']', have \"2]\"");
    }

    @Test
    void limitsDepthValuesAndDigits() {
        assertThat(Json.parse("[".repeat(32) + "]".repeat(32))).isInstanceOf(List.class);
        assertThatThrownBy(() -> Json.parse("[".repeat(33) + "]".repeat(33))).hasMessageContaining("at most 32 levels");
        assertThatThrownBy(() -> Json.parse("[" + "1,".repeat(1_000_000) + "1]"))
                .hasMessageContaining("at most 200000 values");
        assertThatThrownBy(() -> Json.parse("1".repeat(1_000_000))).hasMessageContaining("fewer than 64 characters");
    }

    @Test
    void hasNoFormForNotANumber() {
        assertThatThrownBy(() -> Json.write(Map.of("loss", Double.NaN)))
                .hasMessage("JSON: want a string, boolean, finite number, list or map, have Double NaN");
    }

    @Property(tries = 500)
    void readsBackWhatItWrote(@ForAll("values") Object value) {
        assertThat(Json.parse(Json.write(value))).isEqualTo(value);
    }

    @Provide
    Arbitrary<Object> values() {
        Arbitrary<String> text =
                Arbitraries.strings().excludeChars(surrogates()).ofMaxLength(8);
        Arbitrary<Object> leaf = Arbitraries.oneOf(
                text.asGeneric(),
                Arbitraries.longs().asGeneric(),
                Arbitraries.of(true, false).asGeneric(),
                Arbitraries.longs()
                        .map(Double::longBitsToDouble)
                        .filter(Double::isFinite)
                        .asGeneric());
        return Arbitraries.recursive(
                () -> leaf,
                inner -> Arbitraries.oneOf(
                        inner.list().ofMaxSize(4).asGeneric(),
                        Arbitraries.maps(text, inner)
                                .ofMaxSize(4)
                                .map(LinkedHashMap::new)
                                .asGeneric()),
                0,
                4);
    }

    private static char[] surrogates() {
        char[] chars = new char[Character.MAX_SURROGATE - Character.MIN_SURROGATE + 1];
        for (int i = 0; i < chars.length; i++) {
            chars[i] = (char) (Character.MIN_SURROGATE + i);
        }
        return chars;
    }
}
