package io.acuity.serve;

import java.util.HashMap;
import java.util.Map;

/** The service's parsers for tests of other packages. */
public final class Parsers {
    private Parsers() {}

    /** The image in a form whose boundary is {@code b}. */
    public static byte[] form(byte[] body) {
        return Multipart.image("multipart/form-data; boundary=b", body);
    }

    /** The parameters of a query. */
    public static Object query(String query) {
        Map<String, String> map = new HashMap<>();
        for (String part : query.split("&", -1)) {
            int equals = part.indexOf('=');
            map.put(equals < 0 ? part : part.substring(0, equals), equals < 0 ? "" : part.substring(equals + 1));
        }
        return Parameters.of(map);
    }

    /** Whether a failure is the service's way to refuse. */
    public static boolean isRefusal(Throwable failure) {
        return failure instanceof Refusal;
    }
}
