package io.acuity.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SonamePatchTest {
    private static byte[] library(String name) throws IOException {
        try (InputStream in = SonamePatchTest.class.getResourceAsStream("/lib/lib" + name + "-linux-x86_64.so")) {
            assumeTrue(in != null, "SKIPPED: JCuda has libraries for Linux on x86-64 only");
            assertThat(in).isNotNull();
            return in.readAllBytes();
        }
    }

    @Test
    void renamesALibraryAndTheVersionOfItsSymbols() throws IOException {
        byte[] before = library("JCublas2-" + JCudaNatives.JCUDA);
        assertThat(SonamePatch.needed(before)).contains("libcublas.so.12");
        assertThat(SonamePatch.versions(before)).containsEntry("libcublas.so.12", true);
        byte[] after = SonamePatch.patch(before, Map.of("libcublas.so.12", "libcublas.so.13"));
        assertThat(SonamePatch.needed(after)).contains("libcublas.so.13").doesNotContain("libcublas.so.12");
        assertThat(SonamePatch.versions(after))
                .containsEntry("libcublas.so.13", true)
                .doesNotContainKey("libcublas.so.12")
                .doesNotContainValue(false);
        assertThat(after).hasSameSizeAs(before);
        // one letter of the name, and the hash
        int different = 0;
        for (int i = 0; i < before.length; i++) {
            different += before[i] == after[i] ? 0 : 1;
        }
        assertThat(different).isBetween(2, 5);
    }

    @Test
    void takesAShorterName() throws IOException {
        byte[] after =
                SonamePatch.patch(library("JCufft-" + JCudaNatives.JCUFFT), Map.of("libcufft.so.10", "libcufft.so.9"));
        assertThat(SonamePatch.needed(after)).contains("libcufft.so.9");
        assertThat(SonamePatch.versions(after)).containsEntry("libcufft.so.9", true);
    }

    @Test
    void refusesWhatItCannotDo() throws IOException {
        byte[] library = library("JCufft-" + JCudaNatives.JCUFFT);
        assertThatThrownBy(() -> SonamePatch.patch(library, Map.of("libcufft.so.10", "libcufft.so.100")))
                .hasMessage("soname: want at most 14 letters, have libcufft.so.100");
        assertThatThrownBy(() -> SonamePatch.patch(library, Map.of("libcublas.so.12", "libcublas.so.13")))
                .hasMessageStartingWith("soname: want a library that needs libcublas.so.12, have one that needs [");
        assertThatThrownBy(() -> SonamePatch.needed(new byte[100]))
                .hasMessage("want an ELF file of 64 bits, little-endian, have another");
    }

    /** The hashes that binutils writes for these names. */
    @Test
    void hashesAsTheLinkerDoes() {
        assertThat(SonamePatch.hash("GLIBC_2.2.5")).isEqualTo(0x09691a75);
        assertThat(SonamePatch.hash("")).isZero();
    }

    @Test
    void damagedFilesAreRefusedInOneSentence() throws IOException {
        byte[] library = library("JCufft-" + JCudaNatives.JCUFFT);
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 300; i++) {
            byte[] damaged = i % 2 == 0 ? Arrays.copyOf(library, random.nextInt(library.length)) : library.clone();
            for (int j = 0; j < 20 && damaged.length > 0; j++) {
                damaged[random.nextInt(Math.min(damaged.length, 4096))] = (byte) random.nextInt();
            }
            try {
                SonamePatch.patch(damaged, Map.of("libcufft.so.10", "libcufft.so.12"));
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("want");
            }
        }
    }
}
