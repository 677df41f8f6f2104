package io.acuity.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    private static final AtomicFile.Body NEW = out -> {
        out.write("new ".getBytes(UTF_8));
        out.write("content".getBytes(UTF_8));
    };

    @TempDir
    Path folder;

    Path target;

    @BeforeEach
    void oldFile() throws IOException {
        target = folder.resolve("picture.png");
        Files.writeString(target, "old content");
    }

    @Test
    void replacesTheFile() throws IOException {
        AtomicFile.write(target, NEW);
        assertThat(target).hasContent("new content");
        assertThat(files()).containsExactly(target);
    }

    @Test
    void createsTheFileInTheWorkingFolder() throws IOException {
        Path relative = Path.of("atomic-file-test.tmp");
        try {
            AtomicFile.write(relative, NEW);
            assertThat(relative).hasContent("new content");
        } finally {
            Files.deleteIfExists(relative);
        }
    }

    @Test
    void aFullDiskAtAnyOperationLeavesTheOldFileAndNoOther() throws IOException {
        boolean struck = true;
        for (int n = 0; struck; n++) {
            Files.writeString(target, "old content");
            FaultyDisk disk = FaultyDisk.fullAt(Disk.REAL, n);
            try {
                AtomicFile.write(disk, target, NEW);
                assertThat(target).hasContent("new content");
            } catch (WriteException e) {
                assertThat(e).hasMessage("cannot write " + target + ": disk full");
                // the very last operation syncs the folder, after the new file got its name
                assertThat(Files.readString(target)).isIn("old content", "new content");
            }
            assertThat(files()).containsExactly(target);
            struck = disk.struck();
            assertThat(n).isLessThan(20);
        }
    }

    @Test
    void aKilledProcessLeavesTheOldOrTheNewFile() throws IOException {
        boolean struck = true;
        for (int n = 0; struck; n++) {
            Files.writeString(target, "old content");
            FaultyDisk disk = FaultyDisk.killedAt(Disk.REAL, n);
            try {
                AtomicFile.write(disk, target, NEW);
            } catch (FaultyDisk.Killed _) {
                assertThat(disk.struck()).isTrue();
            }
            assertThat(Files.readString(target)).isIn("old content", "new content");
            assertThat(files().stream().filter(file -> !file.equals(target))).allMatch(AtomicFile::isTemporary);
            struck = disk.struck();
        }
    }

    @Test
    void aFailingBodyLeavesTheOldFileAndNoOther() throws IOException {
        assertThatThrownBy(() -> AtomicFile.write(target, out -> {
                    out.write(1);
                    throw new IllegalStateException("encoder broke");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("encoder broke");
        assertThat(target).hasContent("old content");
        assertThat(files()).containsExactly(target);
    }

    @Test
    void saysWhyAFileCannotBeWritten() {
        Path missing = folder.resolve("none/picture.png");
        assertThatThrownBy(() -> AtomicFile.write(missing, NEW))
                .isInstanceOf(WriteException.class)
                .hasMessageStartingWith("cannot write " + missing + ": no such folder (");
        assertThatThrownBy(() -> AtomicFile.write(folder, NEW))
                .hasMessage("cannot write " + folder + ": it is a folder");
        Path below = target.resolve("picture.png");
        assertThatThrownBy(() -> AtomicFile.write(below, NEW))
                .isInstanceOf(WriteException.class)
                .hasMessageStartingWith("cannot write " + below + ": ");
    }

    @Test
    void writesThroughToADevice() {
        assumeTrue(Files.exists(Path.of("/dev/full")), "no /dev/full on this system");
        assertThatThrownBy(() -> AtomicFile.write(Path.of("/dev/full"), NEW))
                .hasMessage("cannot write /dev/full: disk full");
        AtomicFile.write(Path.of("/dev/null"), NEW);
        assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
    }

    @Test
    void writesTheFileALinkPointsTo() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link.png"), target);
        AtomicFile.write(link, NEW);
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(target).hasContent("new content");
    }

    @Test
    void takesTheLongestNameAFileMayHave() throws IOException {
        Path longest = folder.resolve("x".repeat(255));
        AtomicFile.write(longest, NEW);
        assertThat(longest).hasContent("new content");
        assertThat(files()).containsExactlyInAnyOrder(longest, target);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.toList();
        }
    }
}
