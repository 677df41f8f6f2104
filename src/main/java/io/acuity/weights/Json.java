package io.acuity.weights;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * JSON as Acuity's files need it: objects as ordered {@code Map<String, Object>}, arrays as {@code List<Object>}, whole numbers
 * as {@code Long}, others as {@code Double}, strings, booleans. {@code null} is refused, for none of the files has a use for it.
 */
public final class Json {
    private Json() {}

    /**
     * Reads one value and nothing after it. Duplicate keys, more than 32 levels, more than 200,000 values and everything
     * that RFC 8259 forbids are refused.
     *
     * @throws IllegalArgumentException what is wrong and at which character
     */
    public static Object parse(String text) {
        return new JsonReader(text).document();
    }

    /**
     * The value on one line; doubles in the shortest form that reads back to the same bits.
     *
     * @throws IllegalArgumentException for values JSON has no form for: NaN, infinity, other types
     */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value) {
        switch (value) {
            case String text -> quote(out, text);
            case Boolean _, Long _, Integer _ -> out.append(value);
            case Double number when Double.isFinite(number) -> out.append(number);
            case Float number when Float.isFinite(number) -> out.append(number);
            case List<?> list -> writeArray(out, list);
            case Map<?, ?> map -> writeObject(out, map);
            default ->
                throw new IllegalArgumentException("JSON: want a string, boolean, finite number, list or map, have "
                        + value.getClass().getSimpleName() + " " + value);
        }
    }

    private static void writeArray(StringBuilder out, List<?> list) {
        out.append('[');
        for (Iterator<?> items = list.iterator(); items.hasNext(); ) {
            write(out, items.next());
            out.append(items.hasNext() ? "," : "");
        }
        out.append(']');
    }

    private static void writeObject(StringBuilder out, Map<?, ?> map) {
        out.append('{');
        for (Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator(); entries.hasNext(); ) {
            Map.Entry<?, ?> entry = entries.next();
            quote(out, (String) entry.getKey());
            out.append(':');
            write(out, entry.getValue());
            out.append(entries.hasNext() ? "," : "");
        }
        out.append('}');
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(c < ' ' ? "\\u%04x".formatted((int) c) : Character.toString(c));
            }
        }
        out.append('"');
    }
}
