package io.acuity.serve;

/** Words of clients as they may be shown: short, on one line. */
final class Text {
    private static final int SHOWN = 60;

    private Text() {}

    static String shown(String text) {
        StringBuilder line = new StringBuilder("\"");
        text.codePoints().limit(SHOWN).forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return line.append(text.codePointCount(0, text.length()) > SHOWN ? "...\"" : "\"")
                .toString();
    }
}
