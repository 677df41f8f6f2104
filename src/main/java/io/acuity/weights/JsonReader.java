package io.acuity.weights;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Recursive descent over one string; the limits bound time and memory for hostile input. */
final class JsonReader {
    private static final int DEPTH = 32;
    private static final int VALUES = 200_000;
    private static final int DIGITS = 64;
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*+)(\\.[0-9]++)?([eE][+-]?[0-9]++)?");

    /** So many characters always fit into a long. */
    private static final int LONG_DIGITS = 19;

    private final String text;
    private final Matcher number;
    private int at;
    private int depth;
    private int values;

    JsonReader(String text) {
        this.text = text;
        this.number = NUMBER.matcher(text);
    }

    Object document() {
        Object value = value();
        blanks();
        if (at < text.length()) {
            throw wrong("the end");
        }
        return value;
    }

    private Object value() {
        if (++values > VALUES) {
            throw wrong("at most " + VALUES + " values");
        }
        blanks();
        return switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        enter();
        Map<String, Object> map = new LinkedHashMap<>();
        if (!accept('}')) {
            do {
                blanks();
                int start = at;
                String key = string();
                expect(':');
                if (map.put(key, value()) != null) {
                    at = start;
                    throw wrong("each key once; \"" + WeightsException.shown(key) + "\" comes twice");
                }
            } while (accept(','));
            expect('}');
        }
        depth--;
        return map;
    }

    private List<Object> array() {
        enter();
        List<Object> list = new ArrayList<>();
        if (!accept(']')) {
            do {
                list.add(value());
            } while (accept(','));
            expect(']');
        }
        depth--;
        return list;
    }

    private void enter() {
        at++;
        if (++depth > DEPTH) {
            throw wrong("at most " + DEPTH + " levels");
        }
    }

    private String string() {
        if (peek() != '"') {
            throw wrong("a string");
        }
        int start = ++at;
        while (peek() != '"' && peek() != '\\' && peek() >= ' ') {
            at++;
        }
        if (peek() == '"') {
            return text.substring(start, at++); // the usual case: nothing escaped
        }
        StringBuilder out = new StringBuilder(text.substring(start, at));
        while (peek() != '"') {
            char c = peek();
            if (c < ' ') {
                throw wrong("no control character in a string");
            }
            at++;
            out.append(c == '\\' ? escape() : c);
        }
        at++;
        return paired(out.toString());
    }

    private char escape() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw wrong("an escape such as \\n");
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++, at++) {
            char digit = peek();
            int value = digit < 128 ? Character.digit(digit, 16) : -1;
            if (value < 0) {
                throw wrong("four hex digits");
            }
            code = code << 4 | value;
        }
        return (char) code;
    }

    /** Half a surrogate pair has no UTF-8 form and would come back as another name. */
    private String paired(String string) {
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < string.length()
                    && Character.isLowSurrogate(string.charAt(i + 1));
            if (pair) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw wrong("surrogates in pairs");
            }
        }
        return string;
    }

    private Object number() {
        number.region(at, Math.min(text.length(), at + DIGITS));
        if (!number.lookingAt()) {
            throw wrong("a value");
        }
        int start = at;
        int end = number.end();
        if (end - start == DIGITS) {
            throw wrong("a number of fewer than " + DIGITS + " characters");
        }
        at = end;
        boolean whole = number.start(2) < 0 && number.start(3) < 0;
        return whole && end - start < LONG_DIGITS
                ? Long.parseLong(text, start, end, 10)
                : wide(text.substring(start, end), whole);
    }

    /** Whole numbers near the end of long's range stay exact; beyond it they are doubles. */
    private Object wide(String digits, boolean whole) {
        if (whole) {
            BigInteger exact = new BigInteger(digits);
            if (exact.bitLength() < Long.SIZE) {
                return exact.longValue();
            }
        }
        double value = Double.parseDouble(digits);
        if (Double.isInfinite(value)) {
            throw wrong("a number within the range of double before this place");
        }
        return value;
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong("a value");
        }
        at += word.length();
        return value;
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private boolean accept(char wanted) {
        blanks();
        if (peek() != wanted) {
            return false;
        }
        at++;
        return true;
    }

    private void expect(char wanted) {
        if (!accept(wanted)) {
            throw wrong("'" + wanted + "'");
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw wrong("more text");
        }
        return text.charAt(at);
    }

    private IllegalArgumentException wrong(String want) {
        String have = at < text.length()
                ? "\"" + WeightsException.shown(text.substring(at, Math.min(text.length(), at + 12))) + "\""
                : "the end";
        return new IllegalArgumentException("JSON at character " + at + ": want " + want + ", have " + have);
    }
}
