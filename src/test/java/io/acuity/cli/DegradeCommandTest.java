package io.acuity.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.data.Bicubic;
import io.acuity.data.ImageFile;
import io.acuity.data.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DegradeCommandTest {
    @TempDir
    Path folder = Path.of("");

    @Test
    void shrinksAfterCuttingToMultiples() throws IOException {
        Path hr = Cli.picture(folder.resolve("a.png"), 43, 30, 1);
        Path lr = folder.resolve("lr.png");

        assertThat(Cli.run("degrade", "-i", hr, "-o", lr, "-s", 4).code()).isZero();

        assertThat(ImageFile.read(lr).bytes())
                .isEqualTo(Bicubic.shrink(ImageFile.read(hr).modcrop(4), 4, Bicubic.Convention.CLAMPED_U8)
                        .bytes());
    }

    @Test
    void foldersKeepTheirStructureAndNamesOfBenchmarkSets() throws IOException {
        Cli.picture(folder.resolve("hr/a.png"), 32, 32, 1);
        Cli.picture(folder.resolve("hr/sub/b.jpg"), 32, 32, 2);

        Cli run = Cli.run("degrade", "-i", folder.resolve("hr"), "-o", folder.resolve("lr"), "-s", 2, "--recursive");

        assertThat(run.code()).isZero();
        assertThat(Cli.tree(folder.resolve("lr"))).containsExactly("ax2.png", "sub/bx2.png");
        assertThat(run.err()).contains("2 of 2 pictures made");
    }

    @Test
    void resultsThatAreThereAreNotMadeAgain() throws IOException {
        Path hr = folder.resolve("hr");
        Cli.picture(hr.resolve("a.png"), 32, 32, 1);
        Path lr = folder.resolve("lr");
        Cli.run("degrade", "-i", hr, "-o", lr);
        Files.writeString(lr.resolve("ax4.png"), "kept");

        Cli again = Cli.run("degrade", "-i", hr, "-o", lr, "--json");
        assertThat(again.objects().getFirst()).containsEntry("status", "skipped");
        assertThat(lr.resolve("ax4.png")).hasContent("kept");

        Files.setLastModifiedTime(
                hr.resolve("a.png"), FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(Cli.run("degrade", "-i", hr, "-o", lr, "--json").objects().getFirst())
                .containsEntry("status", "done");

        Cli redone = Cli.run("degrade", "-i", hr, "-o", lr, "--overwrite", "--json");
        assertThat(redone.objects().getFirst()).containsEntry("status", "done").containsEntry("width", 8L);
        assertThat(ImageFile.header(lr.resolve("ax4.png"), Limits.DEFAULT).width())
                .isEqualTo(8);
    }

    @Test
    void oneBadPictureDoesNotStopTheRest() throws IOException {
        Path hr = folder.resolve("hr");
        Cli.picture(hr.resolve("a.png"), 32, 32, 1);
        Files.writeString(hr.resolve("b.png"), "this is text");
        Cli.picture(hr.resolve("c.png"), 2, 2, 1);
        Cli.picture(hr.resolve("d.png"), 32, 32, 1);

        Cli run = Cli.run("degrade", "-i", hr, "-o", folder.resolve("lr"), "--json");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.objects().stream().map(o -> o.get("status")).toList())
                .containsExactly("done", "failed", "failed", "done");
        assertThat(run.err()).contains("2 of 4 pictures failed", "what looks like text", "want at least 4x4");
        assertThat(Cli.tree(folder.resolve("lr"))).containsExactly("ax4.png", "dx4.png");
    }

    @Test
    void picturesOfOneNameDoNotOverwriteEachOther() throws IOException {
        Path hr = folder.resolve("hr");
        Cli.picture(hr.resolve("a.png"), 32, 32, 1);
        Cli.picture(hr.resolve("a.jpg"), 32, 32, 2);

        Cli.run("degrade", "-i", hr, "-o", folder.resolve("lr"));

        assertThat(Cli.tree(folder.resolve("lr"))).containsExactly("a.jpgx4.png", "a.pngx4.png");
    }

    @Test
    void dryRunWritesNothing() throws IOException {
        Path hr = folder.resolve("hr");
        Cli.picture(hr.resolve("a.png"), 32, 32, 1);

        Cli run = Cli.run("degrade", "-i", hr, "-o", folder.resolve("lr"), "--dry-run");

        assertThat(run.out()).isEqualTo(hr.resolve("a.png") + " -> " + folder.resolve("lr/ax4.png") + "\n");
        assertThat(folder.resolve("lr")).doesNotExist();
    }

    @Test
    void neverOverwritesTheInput() throws IOException {
        Path hr = Cli.picture(folder.resolve("a.png"), 32, 32, 1);
        Path link = Files.createSymbolicLink(folder.resolve("link.png"), hr);
        byte[] before = Files.readAllBytes(hr);

        assertThat(Cli.run("degrade", "-i", hr, "-o", hr).code()).isEqualTo(2);
        assertThat(Cli.run("degrade", "-i", hr, "-o", link).code()).isEqualTo(2);
        assertThat(Cli.run("degrade", "-i", folder, "-o", folder).code()).isEqualTo(2);
        assertThat(hr).hasBinaryContent(before);
    }

    @Test
    void secondRunOnAFolderIsRefused() throws IOException {
        Path hr = folder.resolve("hr");
        Cli.picture(hr.resolve("a.png"), 32, 32, 1);
        try (FolderLock _ = FolderLock.take(folder.resolve("lr"))) {
            Cli run = Cli.run("degrade", "-i", hr, "-o", folder.resolve("lr"));

            assertThat(run.code()).isEqualTo(5);
            assertThat(run.err()).hasLineCount(1);
        }
    }

    @Test
    void outputThatCannotBeWritten() throws IOException {
        Path hr = Cli.picture(folder.resolve("a.png"), 32, 32, 1);

        for (String output : new String[] {"/proc/small.png", hr + "/below.png", folder + "/none/small.png"}) {
            Cli run = Cli.run("degrade", "-i", hr, "-o", output);
            assertThat(run.code()).as(output).isEqualTo(6);
            assertThat(run.err()).contains("cannot write").hasLineCount(1);
        }
        assertThat(Cli.tree(folder)).containsExactly("a.png");
    }

    @Test
    void folderWithoutPictures() throws IOException {
        Files.createDirectories(folder.resolve("hr"));

        Cli run = Cli.run("degrade", "-i", folder.resolve("hr"), "-o", folder.resolve("lr"));

        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("want a folder with pictures").hasLineCount(1);
        assertThat(folder.resolve("lr")).doesNotExist();
    }

    @Test
    void aNameTooLongForItsResultFailsAlone() throws IOException {
        Path hr = folder.resolve("hr");
        String longest = "\u00fc".repeat(125) + "a.png"; // 255 bytes; the result's has 257
        Cli.picture(hr.resolve("a.png"), 16, 16, 1);
        Files.copy(hr.resolve("a.png"), hr.resolve(longest));

        Cli run = Cli.run("degrade", "-i", hr, "-o", folder.resolve("lr"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("at most 255 bytes");
        assertThat(Cli.tree(folder.resolve("lr"))).containsExactly("ax4.png");
        assertThat(Cli.run("degrade", "-i", hr, "-o", folder.resolve("lr"), "--suffix", "")
                        .code())
                .isZero();
    }

    @Test
    void namesWithBlanksLineEndsAndOtherScripts() throws IOException {
        String[] names = {
            "a b", "line\nend", "\u0627\u0644\u0635\u0648\u0631\u0629", "\ud83d\ude00", "I\u0131\u0130i", "-x"
        };
        for (String name : names) {
            Cli.picture(folder.resolve("hr").resolve(name + ".png"), 16, 16, 1);
        }

        Cli run = Cli.run("degrade", "-i", folder.resolve("hr"), "-o", folder.resolve("lr"));

        assertThat(run.code()).isZero();
        for (String name : names) {
            assertThat(folder.resolve("lr").resolve(name + "x4.png")).exists();
        }
    }
}
