import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.constant.ClassDesc;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Brings the classes of a jar to the format of Java 8, with stack maps. The JVM's class cache takes no class of an older format,
 * so these would be parsed and verified anew at every start. Classes that are new enough stay as they are.
 *
 * <pre>java StackMaps.java FILE.jar</pre>
 */
final class StackMaps {
    private static final int OLD = ClassFile.JAVA_6_VERSION;
    private static final int WANTED = ClassFile.JAVA_8_VERSION;

    private StackMaps() {}

    public static void main(String[] arguments) throws IOException {
        Path jar = Path.of(arguments[0]);
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.put(entry.getName(), in.readAllBytes());
            }
        }
        ClassHierarchyResolver resolver = ClassHierarchyResolver.ofResourceParsing((ClassDesc name) -> {
                    String descriptor = name.descriptorString();
                    byte[] bytes = entries.get(descriptor.substring(1, descriptor.length() - 1) + ".class");
                    return bytes == null ? null : (InputStream) new ByteArrayInputStream(bytes);
                })
                .orElse(ClassHierarchyResolver.defaultResolver());
        ClassFile format = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(resolver));
        Map<String, byte[]> changed = new LinkedHashMap<>();
        entries.forEach((name, bytes) -> {
            if (name.endsWith(".class")) {
                ClassModel model = format.parse(bytes);
                if (model.majorVersion() < OLD) {
                    changed.put(name, renewed(format, model));
                }
            }
        });
        if (changed.isEmpty()) {
            return;
        }
        entries.putAll(changed);
        Path written = jar.resolveSibling(jar.getFileName() + ".new");
        try (OutputStream out = Files.newOutputStream(written)) {
            write(entries, out);
        }
        Files.move(written, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] renewed(ClassFile format, ClassModel model) {
        return format.transformClass(
                model,
                ClassTransform.transformingMethodBodies((builder, element) -> builder.with(element))
                        .andThen((builder, element) -> {
                            if (element instanceof ClassFileVersion) {
                                builder.withVersion(WANTED, 0);
                            } else {
                                builder.with(element);
                            }
                        }));
    }

    /** Stored, for inflating is part of every start; without times, so that equal input gives equal output. */
    private static void write(Map<String, byte[]> entries, OutputStream to) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(to)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                CRC32 crc = new CRC32();
                crc.update(entry.getValue());
                ZipEntry stored = new ZipEntry(entry.getKey());
                stored.setMethod(ZipEntry.STORED);
                stored.setSize(entry.getValue().length);
                stored.setCrc(crc.getValue());
                stored.setTime(0);
                out.putNextEntry(stored);
                out.write(entry.getValue());
            }
        }
    }
}
