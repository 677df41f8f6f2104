package io.acuity.train;

import io.acuity.weights.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A configuration with the origin of each value: an override of the command line, an environment variable, a line of a YAML
 * file, the chosen preset, or the default; the first of these that is given counts.
 *
 * @param config the values
 * @param entries each key with its value and origin, in the order of the table
 */
public record ConfigFile(TrainConfig config, List<Entry> entries) {
    private static final ConfigTable TABLE = ConfigTable.of(TrainConfig.class);
    private static final String DEFAULT = "default";

    public ConfigFile {
        entries = List.copyOf(entries);
    }

    /**
     * One value.
     *
     * @param path the key, as {@code train.optim_g.lr}
     * @param value number, boolean, text, enum constant, or a List or Optional of such
     * @param origin {@code config.yml:12}, {@code --set}, the name of an environment variable, {@code preset} or {@code default}
     */
    public record Entry(String path, Object value, String origin) {}

    /**
     * Reads a file.
     *
     * @param overrides {@code key=value} with the whole path or EDSR's name of a key; the last one counts
     * @param environment {@link System#getenv()}
     * @throws ConfigException place, key, wanted and given
     */
    public static ConfigFile load(Path file, List<String> overrides, Map<String, String> environment) {
        return parse(ConfigYaml.text(file), file.toString(), overrides, environment);
    }

    /** Reads a text; {@code name} is for messages. */
    public static ConfigFile parse(String yaml, String name, List<String> overrides, Map<String, String> environment) {
        Map<String, Entry> given = new LinkedHashMap<>();
        ConfigYaml.read(TABLE, name, yaml)
                .forEach((path, found) -> given.put(path, new Entry(path, found.value(), found.origin())));
        for (ConfigKey key : TABLE.keys().values()) {
            String variable = key.setting().environment();
            String text = variable.isEmpty() ? null : environment.get(variable);
            if (text != null) {
                given.put(key.path(), entry(key, text, variable));
            }
        }
        for (String override : overrides) {
            Entry entry = override(override);
            given.put(entry.path(), entry);
        }
        return resolve(given);
    }

    /** The configuration of these overrides alone. */
    public static ConfigFile of(String... overrides) {
        return parse("", "", List.of(overrides), Map.of());
    }

    /** Whether the table has this key, by its whole path or EDSR's name. */
    static boolean isKey(String name) {
        return TABLE.find(name).isPresent();
    }

    /** Every value as a YAML file that reads back to the same configuration. */
    public String toYaml() {
        StringBuilder out = new StringBuilder();
        String section = "";
        for (Entry entry : entries) {
            section = ConfigText.sections(out, section, entry.path(), _ -> "");
            out.append(ConfigText.line(entry.path(), entry.value())).append('\n');
        }
        return out.toString();
    }

    /**
     * Writes {@link #toYaml} to a file.
     *
     * @throws io.acuity.weights.WriteException if it cannot be written
     */
    public void write(Path file) {
        AtomicFile.write(file, out -> out.write(toYaml().getBytes(StandardCharsets.UTF_8)));
    }

    /** One line for each value: key, value and where it comes from. */
    public String show() {
        StringBuilder out = new StringBuilder();
        for (Entry entry : entries) {
            out.append("%-38s %-20s %s\n".formatted(entry.path(), ConfigText.value(entry.value()), entry.origin()));
        }
        return out.toString();
    }

    /** A YAML file of all keys with their defaults, each explained by a comment: a start for one's own. */
    public static String template() {
        StringBuilder out = new StringBuilder();
        String section = "";
        for (ConfigKey key : TABLE.keys().values()) {
            section = ConfigText.sections(out, section, key.path(), TABLE::sectionDoc);
            String line =
                    key.isRequired() ? ConfigText.line(key.path(), "") : ConfigText.line(key.path(), key.fallback());
            out.append("%-34s # %s%s\n".formatted(line, key.setting().doc(), key.isRequired() ? " (required)" : ""));
        }
        return out.toString();
    }

    /** A Markdown table of all keys: what each takes, its default, what it means. */
    public static String reference() {
        StringBuilder out = new StringBuilder("| key | takes | default | meaning |\n|---|---|---|---|\n");
        for (ConfigKey key : TABLE.keys().values()) {
            String fallback = key.isRequired() ? "(required)" : "`" + ConfigText.value(key.fallback()) + "`";
            String alias = key.setting().alias().isEmpty()
                    ? ""
                    : " (`--set " + key.setting().alias() + "`)";
            out.append("| `%s`%s | %s | %s | %s |\n"
                    .formatted(
                            key.path(),
                            alias,
                            key.wanted(),
                            fallback,
                            key.setting().doc()));
        }
        return out.toString();
    }

    private static Entry override(String override) {
        int equals = override.indexOf('=');
        if (equals <= 0) {
            throw new ConfigException("--set: want key=value, have \"" + override + "\"");
        }
        String name = override.substring(0, equals).strip();
        try {
            ConfigKey key = TABLE.find(name).orElseThrow(() -> TABLE.unknown(name));
            return entry(key, override.substring(equals + 1).strip(), "--set");
        } catch (ConfigException e) {
            throw new ConfigException("--set " + e.getMessage(), e);
        }
    }

    /** Outside a file a list stands in brackets, and {@code ~} or nothing stands for no text. */
    private static Entry entry(ConfigKey key, String text, String origin) {
        if (key.isOptional() && (text.isEmpty() || text.equals("~"))) {
            return new Entry(key.path(), Optional.empty(), origin);
        }
        if (key.isList() && text.startsWith("[") && text.endsWith("]")) {
            String inner = text.substring(1, text.length() - 1).strip();
            List<String> texts = inner.isEmpty() ? List.of() : List.of(inner.split("\\s*,\\s*", -1));
            return new Entry(key.path(), key.parseList(texts), origin);
        }
        return new Entry(key.path(), key.parse(text), origin);
    }

    private static ConfigFile resolve(Map<String, Entry> given) {
        List<Entry> entries = new ArrayList<>();
        Map<String, String> preset = preset(given);
        for (ConfigKey key : TABLE.keys().values()) {
            Entry entry = given.get(key.path());
            if (entry == null && key.isRequired()) {
                throw new ConfigException(key.path() + ": want " + key.wanted() + ", have nothing; it has no default");
            }
            entries.add(entry == null ? fallback(key, preset) : entry);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        entries.forEach(entry -> values.put(entry.path(), entry.value()));
        return new ConfigFile(
                TABLE.build(TrainConfig.class, key -> Objects.requireNonNull(values.get(key.path()))), entries);
    }

    private static Map<String, String> preset(Map<String, Entry> given) {
        Entry entry = given.get(Contrastive.PRESET);
        return entry != null && entry.value() instanceof Contrastive.Preset preset ? preset.defaults() : Map.of();
    }

    /** What counts when nobody gives a value: the preset's, or the table's. */
    private static Entry fallback(ConfigKey key, Map<String, String> preset) {
        String text = preset.get(key.path());
        return text == null ? new Entry(key.path(), key.fallback(), DEFAULT) : entry(key, text, "preset");
    }
}
