package io.acuity.data;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a file says about its picture beside the samples, kept byte for byte.
 *
 * @param icc the ICC colour profile
 * @param exif an EXIF block as a TIFF structure, beginning with {@code II} or {@code MM}; its orientation is always 1
 *     here, as {@link ImageFile} turns the pixels
 * @param xmp an XMP packet, UTF-8
 * @param chunks PNG's own chunks about colour and size (gAMA, cHRM, sRGB, cICP, pHYs); only PNG files keep them
 */
@SuppressWarnings("ArrayRecordComponent") // blocks of foreign bytes, never compared
public record Metadata(byte @Nullable [] icc, byte @Nullable [] exif, byte @Nullable [] xmp, List<PngChunk> chunks) {
    /** Nothing but the samples. */
    public static final Metadata NONE = new Metadata(null, null, null, List.of());

    /** What to do with metadata when a picture is written; the colour profile is part of the picture and always stays. */
    public enum Policy {
        /** Everything stays. */
        KEEP,
        /** EXIF stays without place, thumbnail and maker's notes; XMP, which may hold anything, goes. */
        SAFE,
        /** EXIF, XMP and the physical size go. */
        STRIP
    }

    /** A chunk of a PNG file that is passed on as it is. */
    @SuppressWarnings("ArrayRecordComponent")
    public record PngChunk(String type, byte[] data) {}

    public Metadata {
        chunks = List.copyOf(chunks);
    }

    /** Metadata of any format. */
    public static Metadata of(byte @Nullable [] icc, byte @Nullable [] exif, byte @Nullable [] xmp) {
        return new Metadata(icc, exif, xmp, List.of());
    }

    /** This metadata with another colour profile, or none; PNG's chunks about colour no longer hold then. */
    public Metadata withIcc(byte @Nullable [] profile) {
        return new Metadata(profile, exif, xmp, only("pHYs"));
    }

    /** What is left under a policy. */
    public Metadata under(Policy policy) {
        return switch (policy) {
            case KEEP -> this;
            case SAFE -> new Metadata(icc, exif == null ? null : Exif.safe(exif), null, chunks);
            case STRIP -> new Metadata(icc, null, null, only("gAMA", "cHRM", "sRGB", "cICP"));
        };
    }

    /** EXIF orientation 1..8 of this metadata, 1 without one. */
    int orientation() {
        return exif == null ? 1 : Exif.orientation(exif);
    }

    /** This metadata saying that the picture stands upright. */
    Metadata upright() {
        return new Metadata(
                icc, exif == null ? null : Exif.upright(exif), xmp == null ? null : Exif.uprightXmp(xmp), chunks);
    }

    private List<PngChunk> only(String... types) {
        List<PngChunk> kept = new ArrayList<>();
        for (PngChunk chunk : chunks) {
            if (List.of(types).contains(chunk.type())) {
                kept.add(chunk);
            }
        }
        return kept;
    }
}
