package io.acuity.train;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The table of all keys, read off the {@link Setting}s of a record tree, and the way back from values to the records. */
final class ConfigTable {
    private final Class<? extends Record> root;
    private final Map<String, ConfigKey> keys = new LinkedHashMap<>();
    private final Map<String, String> sections = new LinkedHashMap<>();

    private ConfigTable(Class<? extends Record> root) {
        this.root = root;
    }

    static ConfigTable of(Class<? extends Record> root) {
        ConfigTable table = new ConfigTable(root);
        table.collect(root, "");
        return table;
    }

    /** By path, in the order in which they are written. */
    Map<String, ConfigKey> keys() {
        return keys;
    }

    boolean isSection(String path) {
        return sections.containsKey(path);
    }

    /** The one line that says what a section is about. */
    String sectionDoc(String path) {
        return sections.getOrDefault(path, "");
    }

    /** The key of a path, of an alias, or of nothing. */
    Optional<ConfigKey> find(String pathOrAlias) {
        ConfigKey exact = keys.get(pathOrAlias);
        return exact != null
                ? Optional.of(exact)
                : keys.values().stream()
                        .filter(key -> key.setting().alias().equals(pathOrAlias) && !pathOrAlias.isEmpty())
                        .findFirst();
    }

    /** The sentence for a key that is not in the table, with the nearest that is. */
    ConfigException unknown(String path) {
        if (isSection(path)) {
            return new ConfigException(path + " is a section, not a key");
        }
        Set<String> names = new TreeSet<>(keys.keySet());
        names.addAll(sections.keySet());
        String nearest = "";
        int least = Integer.MAX_VALUE;
        for (String name : names) {
            int distance =
                    name.startsWith(path) ? 1 : Math.min(distance(path, name), distance(last(path), last(name)) + 1);
            if (distance < least) {
                least = distance;
                nearest = name;
            }
        }
        boolean near = least <= Math.max(2, last(path).length() / 2);
        return new ConfigException(path + " is not a key" + (near ? "; the nearest is " + nearest : ""));
    }

    /** Builds the records; {@code value} gives the value of each key. */
    <R extends Record> R build(Class<R> type, Function<ConfigKey, Object> value) {
        if (type != root) {
            throw new IllegalArgumentException("config: want the table's " + root + ", have " + type);
        }
        return type.cast(build(root, "", value));
    }

    private Object build(Class<?> type, String section, Function<ConfigKey, Object> value) {
        RecordComponent[] components = type.getRecordComponents();
        Object[] arguments = Arrays.stream(components)
                .map(component -> {
                    String path = path(section, component);
                    ConfigKey key = keys.get(path);
                    return key == null ? build(component.getType(), path, value) : value.apply(key);
                })
                .toArray();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return type.getDeclaredConstructor(types).newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof ConfigException refused) {
                throw refused; // the record's own check
            }
            throw new IllegalStateException("config: " + type + " cannot be made", e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("config: " + type + " cannot be made", e);
        }
    }

    private void collect(Class<?> type, String section) {
        for (RecordComponent component : type.getRecordComponents()) {
            Setting setting = component.getAnnotation(Setting.class);
            if (setting == null) {
                throw new IllegalStateException("config: " + type + "." + component.getName() + " has no Setting");
            }
            String path = path(section, component);
            if (component.getType().isRecord()) {
                sections.put(path, setting.doc());
                collect(component.getType(), path);
            } else {
                keys.put(path, new ConfigKey(path, component, setting));
            }
        }
    }

    private static String path(String section, RecordComponent component) {
        String key = component.getAnnotation(Setting.class).key();
        return section.isEmpty() ? key : section + "." + key;
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    /** Levenshtein's distance: the least number of letters to insert, remove or replace. */
    private static int distance(String from, String to) {
        String a = from.toLowerCase(Locale.ROOT);
        String b = to.toLowerCase(Locale.ROOT);
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, j -> j);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
