package io.acuity.serve;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One file out of a form (RFC 7578): the part named {@code image}. Names of files are ignored, nothing is nested. */
final class Multipart {
    private static final Pattern BOUNDARY = Pattern.compile(
            "multipart/form-data\\s*;.*?\\bboundary=(?:\"([^\"]{1,70})\"|([^\\s;\"]{1,70})).*",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile("form-data\\s*;.*?\\bname=(?:\"([^\"]*)\"|([^\\s;\"]+)).*");
    private static final int PARTS = 32;
    private static final int HEAD_BYTES = 8192;

    private Multipart() {}

    /** Whether a content type is that of a form. */
    static boolean isForm(String contentType) {
        return contentType.toLowerCase(Locale.ROOT).startsWith("multipart/form-data");
    }

    /** The bytes of the part; refuses what is no form or has no such part. */
    static byte[] image(String contentType, byte[] body) {
        Matcher matcher = BOUNDARY.matcher(contentType);
        if (!matcher.matches()) {
            throw Refusal.badRequest("form: want a boundary of 1 to 70 characters in the content type");
        }
        String boundary = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
        byte[] line = ("--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
        int at = startsWith(body, 0, line) ? 0 : after(body, 0, delimiter(line)) - line.length;
        for (int parts = 0; parts < PARTS && at >= 0; parts++) {
            int start = at + line.length;
            if (startsWith(body, start, new byte[] {'-', '-'})) {
                break;
            }
            int head = after(body, start, new byte[] {'\r', '\n'});
            int content = after(body, Math.max(0, head - 2), new byte[] {'\r', '\n', '\r', '\n'});
            int next = content < 0 ? -1 : after(body, content - 2, delimiter(line));
            if (head < 0 || content < 0 || content - head > HEAD_BYTES || next < 0) {
                throw Refusal.badRequest(
                        "form: want each part to have a head, an empty line and an end, have it cut off");
            }
            int end = Math.max(content, next - line.length - 2);
            if ("image".equals(name(new String(body, head, content - head, StandardCharsets.UTF_8)))) {
                return Arrays.copyOfRange(body, content, end);
            }
            at = next - line.length;
        }
        throw Refusal.badRequest("form: want a part named image, have none among the first " + PARTS);
    }

    private static byte[] delimiter(byte[] line) {
        byte[] with = new byte[line.length + 2];
        with[0] = '\r';
        with[1] = '\n';
        System.arraycopy(line, 0, with, 2, line.length);
        return with;
    }

    private static @Nullable String name(String head) {
        for (String field : head.split("\r\n", -1)) {
            int colon = field.indexOf(':');
            if (colon > 0 && field.substring(0, colon).strip().equalsIgnoreCase("content-disposition")) {
                Matcher matcher = NAME.matcher(field.substring(colon + 1).strip());
                if (matcher.matches()) {
                    return matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
                }
            }
        }
        return null;
    }

    private static boolean startsWith(byte[] body, int at, byte[] with) {
        return at >= 0
                && at + with.length <= body.length
                && Arrays.equals(body, at, at + with.length, with, 0, with.length);
    }

    /** Where {@code what} ends at its first place from {@code from} on; -1 if it is nowhere. */
    private static int after(byte[] body, int from, byte[] what) {
        int last = body.length - what.length;
        for (int i = Math.max(0, from); i <= last; i++) {
            if (body[i] == what[0] && startsWith(body, i, what)) {
                return i + what.length;
            }
        }
        return -1;
    }
}
