package io.acuity.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
    @TempDir
    Path root;

    private Path pictures = Path.of("");

    @BeforeEach
    void write() throws IOException {
        pictures = Files.createDirectories(root.resolve("pictures"));
        for (String name : new String[] {"b.png", "a.jpg", ".hidden.png", "notes.txt"}) {
            Files.write(pictures.resolve(name), new byte[1]);
        }
        Files.write(Files.createDirectories(pictures.resolve("more")).resolve("c.png"), new byte[1]);
    }

    @Test
    void listsPicturesByName() {
        assertThat(ImageFolder.list(pictures, false))
                .containsExactly(pictures.resolve("a.jpg"), pictures.resolve("b.png"));
        assertThat(ImageFolder.list(pictures, true))
                .contains(pictures.resolve("more/c.png"))
                .hasSize(3);
    }

    @Test
    void followsLinksToFoldersAndFiles() throws IOException {
        Path link = Files.createSymbolicLink(root.resolve("link"), pictures);
        assertThat(ImageFolder.list(link, false)).containsExactly(link.resolve("a.jpg"), link.resolve("b.png"));
        Path other = Files.createDirectories(root.resolve("other"));
        Files.createSymbolicLink(other.resolve("d.png"), pictures.resolve("b.png"));
        assertThat(ImageFolder.list(other, false)).containsExactly(other.resolve("d.png"));
    }

    @Test
    void aRingOfLinksIsNamed() throws IOException {
        Files.createSymbolicLink(pictures.resolve("ring"), pictures);
        assertThatThrownBy(() -> ImageFolder.list(pictures, true))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("cannot be read")
                .hasMessageContaining("ring");
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        Path empty = Files.createDirectories(root.resolve("empty"));
        assertThatThrownBy(() -> ImageFolder.list(empty, true)).hasMessageContaining("want a folder with pictures");
        assertThatThrownBy(() -> ImageFolder.list(root.resolve("none"), true))
                .hasMessageContaining("there is no such folder");
    }
}
