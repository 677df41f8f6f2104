package io.acuity.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What makes one network of an architecture's many: how many times it enlarges, and its sizes by their names in model files
 * ({@code blocks}, {@code features}, {@code res_scale}).
 */
public record Hyperparameters(int scale, Map<String, Object> values) {
    public Hyperparameters {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Nothing but the scale: everything else as published. */
    public static Hyperparameters of(int scale) {
        return new Hyperparameters(scale, Map.of());
    }

    /** The same with one value more. */
    public Hyperparameters with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(values);
        more.put(name, value);
        return new Hyperparameters(scale, more);
    }

    /**
     * A whole number, or {@code fallback} when none is given.
     *
     * @throws IllegalArgumentException if something else is given
     */
    public int whole(String name, int fallback) {
        double number = number(name, fallback);
        if (number != Math.rint(number) || Math.abs(number) > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name + ": want a whole number, have " + values.get(name));
        }
        return (int) number;
    }

    /** A number, or {@code fallback} when none is given. */
    public double number(String name, double fallback) {
        Object value = values.get(name);
        if (value == null) {
            return fallback;
        }
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw new IllegalArgumentException(name + ": want a number, have " + value);
    }

    /**
     * Refuses what this architecture does not have.
     *
     * @throws IllegalArgumentException naming the first that is not in {@code known}
     */
    public void only(String architecture, String... known) {
        List<String> names = List.of(known);
        for (String name : values.keySet()) {
            if (!names.contains(name)) {
                throw new IllegalArgumentException(
                        architecture + " has no hyper-parameter " + name + ": want some of " + names);
            }
        }
    }
}
