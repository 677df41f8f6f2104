package io.acuity.train;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** One row of the table of keys: its path, what it takes, and how a text becomes its value. */
record ConfigKey(String path, RecordComponent component, Setting setting) {

    /** Whether the value is a list. */
    boolean isList() {
        return component.getType() == List.class;
    }

    /** Whether the value may be left out for good. */
    boolean isOptional() {
        return component.getType() == Optional.class;
    }

    boolean isRequired() {
        return setting.value().equals(Setting.REQUIRED);
    }

    /** The default, or what an empty list or no text is. */
    Object fallback() {
        if (isOptional() && setting.value().isEmpty()) {
            return Optional.empty();
        }
        List<String> texts =
                setting.value().isEmpty() ? List.of() : List.of(setting.value().split(", *"));
        return isList() ? parseList(texts) : parse(setting.value());
    }

    /**
     * The value of a list.
     *
     * @throws ConfigException wanted and given
     */
    Object parseList(List<String> texts) {
        if (setting.count() >= 0 && texts.size() != setting.count()) {
            throw wrong(texts.toString());
        }
        if (texts.isEmpty() && isRequired()) {
            throw wrong("an empty one");
        }
        List<Object> values = new ArrayList<>();
        texts.forEach(text -> values.add(element(text)));
        return List.copyOf(values);
    }

    /**
     * The value of one text; for a list, of one element; {@code null} in the file arrives as the empty text.
     *
     * @throws ConfigException wanted and given
     */
    Object parse(String text) {
        if (isList()) {
            return parseList(List.of(text));
        }
        return isOptional() ? Optional.of(element(text)) : element(text);
    }

    /** What the key takes, as the end of the sentence "want ...". */
    String wanted() {
        if (!isList()) {
            return wantedElement();
        }
        return (setting.count() < 0 ? "a list, each " : "a list of " + setting.count() + ", each ") + wantedElement();
    }

    ConfigException wrong(String have) {
        return new ConfigException(path + ": want " + wanted() + ", have " + have);
    }

    private Class<?> type() {
        return component.getGenericType() instanceof ParameterizedType generic
                ? (Class<?>) generic.getActualTypeArguments()[0]
                : component.getType();
    }

    private Object element(String text) {
        Class<?> type = type();
        if (type == String.class) {
            return choice(text);
        }
        if (type == boolean.class) {
            return truth(text);
        }
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .filter(constant -> written(constant).equalsIgnoreCase(text))
                    .findFirst()
                    .orElseThrow(() -> wrong(shown(text)));
        }
        double number = number(text);
        if (type == double.class || type == Double.class) {
            return number;
        }
        long whole = whole(text, number);
        if (type != int.class && type != Integer.class) {
            return whole;
        }
        if (whole != (int) whole) {
            throw wrong(text);
        }
        return (int) whole;
    }

    private String choice(String text) {
        if (text.isEmpty()) {
            throw wrong("nothing");
        }
        if (setting.choices().length == 0) {
            return text;
        }
        return Arrays.stream(setting.choices())
                .filter(text::equalsIgnoreCase)
                .findFirst()
                .orElseThrow(() -> wrong(shown(text)));
    }

    private boolean truth(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> throw wrong(shown(text));
        };
    }

    private double number(String text) {
        if (!text.matches("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?")) {
            throw wrong(shown(text));
        }
        double number = Double.parseDouble(text);
        if (!(number >= setting.min() && number <= setting.max()) || Double.isInfinite(number)) {
            throw wrong(text);
        }
        return number;
    }

    /** Also 3e5 is a whole number; its size is known to be moderate before it is spelt out. */
    private long whole(String text, double number) {
        if (Math.abs(number) > 0x1p63) {
            throw wrong(text);
        }
        try {
            return new BigDecimal(text).longValueExact();
        } catch (ArithmeticException _) {
            throw wrong(text);
        }
    }

    private String wantedElement() {
        Class<?> type = type();
        if (type == boolean.class) {
            return "true or false";
        }
        if (type.isEnum()) {
            return oneOf(Arrays.stream(type.getEnumConstants())
                    .map(ConfigKey::written)
                    .toList());
        }
        if (type == String.class) {
            return setting.choices().length == 0 ? "a text" : oneOf(List.of(setting.choices()));
        }
        boolean real = type == double.class || type == Double.class;
        return (real ? "a number" : "a whole number") + range();
    }

    private String range() {
        if (Double.isInfinite(setting.min())) {
            return "";
        }
        return " from " + written(setting.min()) + " to " + written(setting.max());
    }

    private static String oneOf(List<String> choices) {
        return choices.size() == 1 ? choices.getFirst() : "one of " + String.join(", ", choices);
    }

    private static String shown(String text) {
        return text.isEmpty() ? "nothing" : "\"" + text + "\"";
    }

    /** A single value as it stands in the file, before quoting. */
    static String written(Object value) {
        return switch (value) {
            case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
            case Double number
            when number == Math.rint(number) && Math.abs(number) <= 1e15 -> Long.toString(number.longValue());
            case Double number -> number.toString().toLowerCase(Locale.ROOT);
            default -> value.toString();
        };
    }
}
