package io.acuity.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads a YAML file against a table of keys. Only YAML's tree is used, and its texts as written: the key decides what a text
 * means, so that {@code 1e-4} is a number and {@code no} may be a name, and nothing in a file can make an object.
 */
final class ConfigYaml {
    private static final int MOST_CHARACTERS = 1 << 18;

    private final ConfigTable table;
    private final String file;
    private final Map<String, Found> found = new LinkedHashMap<>();

    /** A value and the line it stands on. */
    record Found(Object value, String origin) {}

    private ConfigYaml(ConfigTable table, String file) {
        this.table = table;
        this.file = file;
    }

    /** The text of a file of moderate size. */
    static String text(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new ConfigException(
                        file + (Files.exists(file) ? ": want a file, have a folder" : ": there is no such file"));
            }
            if (Files.size(file) > MOST_CHARACTERS) {
                throw new ConfigException(
                        file + ": want a file of at most " + MOST_CHARACTERS + " bytes, have " + Files.size(file));
            }
            byte[] bytes = Files.readAllBytes(file);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ConfigException(file + ": want UTF-8 text, have other bytes", e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** The keys that a text gives, by path. */
    static Map<String, Found> read(ConfigTable table, String file, String text) {
        ConfigYaml yaml = new ConfigYaml(table, file);
        Node root = yaml.compose(text);
        if (root != null && !isNull(root)) {
            yaml.section("", root);
        }
        return yaml.found;
    }

    private @Nullable Node compose(String text) {
        LoaderOptions limits = new LoaderOptions();
        limits.setCodePointLimit(MOST_CHARACTERS);
        limits.setMaxAliasesForCollections(10);
        limits.setNestingDepthLimit(20);
        try {
            return new Composer(new ParserImpl(new StreamReader(text), limits), new Resolver(), limits).getSingleNode();
        } catch (MarkedYAMLException e) {
            String line =
                    e.getProblemMark() == null ? "" : ":" + (e.getProblemMark().getLine() + 1);
            throw new ConfigException(file + line + ": not YAML: " + e.getProblem(), e);
        } catch (YAMLException e) {
            throw new ConfigException(
                    file + ": not YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
    }

    private void section(String section, Node node) {
        if (!(node instanceof MappingNode mapping)) {
            String what = section.isEmpty() ? "" : section + ": ";
            throw at(node, new ConfigException(what + "want keys and values, have " + kind(node)));
        }
        List<String> seen = new ArrayList<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw at(
                        tuple.getKeyNode(),
                        new ConfigException("want a name for each key, have " + kind(tuple.getKeyNode())));
            }
            String path = section.isEmpty() ? key.getValue() : section + "." + key.getValue();
            if (seen.contains(path)) {
                throw at(key, new ConfigException(path + " is given twice"));
            }
            seen.add(path);
            if (table.isSection(path)) {
                if (!isNull(tuple.getValueNode())) {
                    section(path, tuple.getValueNode());
                }
            } else {
                leaf(path, key, tuple.getValueNode());
            }
        }
    }

    private void leaf(String path, Node where, Node node) {
        try {
            ConfigKey key = table.keys().get(path);
            if (key == null) {
                throw table.unknown(path);
            }
            found.put(path, new Found(value(key, node), file + ":" + line(where)));
        } catch (ConfigException e) {
            throw at(where, e);
        }
    }

    private static Object value(ConfigKey key, Node node) {
        if (isNull(node) && key.isOptional()) {
            return Optional.empty();
        }
        if (isNull(node) && key.isList()) {
            return key.parseList(List.of());
        }
        if (node instanceof ScalarNode scalar) {
            return key.parse(isNull(scalar) ? "" : scalar.getValue());
        }
        if (!key.isList() || !(node instanceof SequenceNode sequence)) {
            throw key.wrong(kind(node));
        }
        List<String> texts = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            if (!(item instanceof ScalarNode scalar)) {
                throw key.wrong("a list with " + kind(item) + " in it");
            }
            texts.add(scalar.getValue());
        }
        return key.parseList(texts);
    }

    private static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    private static String kind(Node node) {
        return switch (node) {
            case MappingNode _ -> "keys and values";
            case SequenceNode _ -> "a list";
            case ScalarNode scalar -> "\"" + scalar.getValue() + "\"";
            default -> "something else";
        };
    }

    private ConfigException at(Node node, ConfigException wrong) {
        return new ConfigException(file + ":" + line(node) + ": " + wrong.getMessage(), wrong);
    }

    private static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }
}
