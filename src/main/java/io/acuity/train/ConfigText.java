package io.acuity.train;

import io.acuity.weights.Json;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;

/** How sections, keys and values are written as YAML. */
final class ConfigText {
    /** What YAML readers take for a boolean or nothing when it is not quoted. */
    private static final Set<String> WORDS = Set.of("true", "false", "yes", "no", "on", "off", "y", "n", "null");

    private ConfigText() {}

    /** Opens the sections that {@code path} needs beyond {@code open}; returns its section. */
    static String sections(StringBuilder out, String open, String path, UnaryOperator<String> doc) {
        String section = path.substring(0, Math.max(0, path.lastIndexOf('.')));
        for (int end = 0; end >= 0 && !section.isEmpty(); ) {
            end = section.indexOf('.', end + 1);
            String opened = end < 0 ? section : section.substring(0, end);
            if (!(open + ".").startsWith(opened + ".")) {
                String comment = doc.apply(opened);
                out.append(opened.contains(".") ? "" : "\n");
                out.append(indent(opened)).append(last(opened)).append(':');
                out.append(comment.isEmpty() ? "" : " # " + comment).append('\n');
            }
        }
        return section;
    }

    /** {@code   lr: 1.0e-4}, indented by its depth. */
    static String line(String path, Object value) {
        return indent(path) + last(path) + ": " + value(value);
    }

    static String value(Object value) {
        return switch (value) {
            case Optional<?> optional -> optional.map(ConfigText::value).orElse("~");
            case List<?> list -> {
                StringJoiner joined = new StringJoiner(", ", "[", "]");
                list.forEach(item -> joined.add(value(item)));
                yield joined.toString();
            }
            case String text -> quoted(text);
            default -> ConfigKey.written(value);
        };
    }

    private static String quoted(String text) {
        boolean plain = text.matches("[A-Za-z_/][A-Za-z0-9_./-]*") && !WORDS.contains(text.toLowerCase(Locale.ROOT));
        return plain ? text : Json.write(text); // a JSON string is a YAML string
    }

    private static String indent(String path) {
        return "  ".repeat((int) path.chars().filter(c -> c == '.').count());
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
