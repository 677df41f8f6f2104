package io.acuity;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.foreign.Linker;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The layers of docs/architecture.md. */
class ArchitectureTest {
    private static final String ROOT = "io.acuity";

    /** From the top down; a package may use those of later lines, and itself. */
    private static final List<Set<String>> LAYERS = List.of(
            Set.of("cli"),
            Set.of("serve", "train", "infer"),
            Set.of("contrast"),
            Set.of("model", "data", "metric"),
            Set.of("weights"),
            Set.of("nn", "optim"),
            Set.of("op"),
            Set.of("tensor"),
            Set.of("device"));

    /** Who may use whom on one line, as "above>below". */
    private static final Set<String> BESIDE = Set.of("serve>infer", "train>infer");

    private static final Set<String> FORBIDDEN_NAMES =
            Set.of("util", "utils", "common", "core", "base", "impl", "manager", "helper", "helpers", "misc", "shared");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    /** The first word below the root: {@code device} for {@code io.acuity.device.cuda}. */
    private static String room(JavaClass type) {
        String below = type.getPackageName().substring(ROOT.length());
        return below.isEmpty() ? "" : below.substring(1).split("\\.", 2)[0];
    }

    private static int layer(String room) {
        for (int i = 0; i < LAYERS.size(); i++) {
            if (LAYERS.get(i).contains(room)) {
                return i;
            }
        }
        return -1;
    }

    @Test
    void everyPackageHasALayer() {
        Set<String> rooms = CLASSES.stream().map(ArchitectureTest::room).collect(Collectors.toCollection(TreeSet::new));
        assertThat(rooms).isNotEmpty().allMatch(room -> layer(room) >= 0);
    }

    @Test
    void dependenciesPointDownOnly() {
        classes()
                .should(new ArchCondition<>("use only packages below their own") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                            JavaClass target = dependency.getTargetClass().getBaseComponentType();
                            if (target.getPackageName().startsWith(ROOT) && !allowed(room(type), room(target))) {
                                events.add(SimpleConditionEvent.violated(type, dependency.getDescription()));
                            }
                        }
                    }
                })
                .check(CLASSES);
    }

    private static boolean allowed(String from, String to) {
        return from.equals(to) || layer(from) < layer(to) || BESIDE.contains(from + ">" + to);
    }

    @Test
    void packagesFormNoCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void nothingUsesTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".cli..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void onlyOnePackageKnowsJCuda() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".device.cuda..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jcuda..")
                .check(CLASSES);
    }

    @Test
    void onlyDevicesCallNativeCode() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".device..")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Linker.class)
                .check(CLASSES);
    }

    @Test
    void packagesHaveShortPlainNames() {
        Set<String> words = CLASSES.stream()
                .map(JavaClass::getPackage)
                .map(JavaPackage::getName)
                .flatMap(name -> List.of(name.split("\\.")).stream())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(words).doesNotContainAnyElementsOf(FORBIDDEN_NAMES).allMatch(word -> word.matches("[a-z]+"));
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<String> unmarked = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            if (!type.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
                unmarked.add(type.getPackageName());
            }
        }
        assertThat(unmarked).isEmpty();
    }

    @Test
    void classesAreFinal() {
        classes()
                .that(new DescribedPredicate<>("can be instantiated and are not made to be extended") {
                    @Override
                    public boolean test(JavaClass type) {
                        return !type.isInterface()
                                && !type.isAnonymousClass()
                                && !type.isEnum()
                                && !type.getModifiers().contains(JavaModifier.ABSTRACT);
                    }
                })
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(CLASSES);
    }
}
