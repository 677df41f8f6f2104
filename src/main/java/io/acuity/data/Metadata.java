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
 * @param iptc an IPTC-IIM record; JPEG and TIFF files keep it
 * @param chunks PNG's own chunks about colour and size (gAMA, cHRM, sRGB, cICP, pHYs) and its texts (tEXt, zTXt, iTXt); only
 *     PNG files keep them
 */
@SuppressWarnings("ArrayRecordComponent") // blocks of foreign bytes, never compared
public record Metadata(
        byte @Nullable [] icc,
        byte @Nullable [] exif,
        byte @Nullable [] xmp,
        byte @Nullable [] iptc,
        List<PngChunk> chunks) {
    private static final String[] COLOUR = {"gAMA", "cHRM", "sRGB", "cICP"};
    private static final String[] COLOUR_AND_SIZE = {"gAMA", "cHRM", "sRGB", "cICP", "pHYs"};
    private static final String[] NO_COLOUR = {"pHYs", "tEXt", "zTXt", "iTXt"};

    /** Nothing but the samples. */
    public static final Metadata NONE = new Metadata(null, null, null, null, List.of());

    /** What to do with metadata when a picture is written; the colour profile is part of the picture and always stays. */
    public enum Policy {
        /** Everything stays. */
        KEEP,
        /** EXIF stays without place, thumbnail and maker's notes; XMP, IPTC and texts, which may hold anything, go. */
        SAFE,
        /** All but the colour profile and the chunks about colour goes. */
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
        return new Metadata(icc, exif, xmp, null, List.of());
    }

    /** The same with an IPTC record, or none. */
    Metadata withIptc(byte @Nullable [] record) {
        return new Metadata(icc, exif, xmp, record, chunks);
    }

    /** The same with other chunks of a PNG file. */
    Metadata withChunks(List<PngChunk> others) {
        return new Metadata(icc, exif, xmp, iptc, others);
    }

    /** This metadata with another colour profile, or none; PNG's chunks about colour no longer hold then. */
    public Metadata withIcc(byte @Nullable [] profile) {
        return new Metadata(profile, exif, xmp, iptc, only(NO_COLOUR));
    }

    /** What is left under a policy. */
    public Metadata under(Policy policy) {
        return switch (policy) {
            case KEEP -> this;
            case SAFE -> new Metadata(icc, exif == null ? null : Exif.safe(exif), null, null, only(COLOUR_AND_SIZE));
            case STRIP -> new Metadata(icc, null, null, null, only(COLOUR));
        };
    }

    /** EXIF orientation 1..8 of this metadata, 1 without one. */
    int orientation() {
        return exif == null ? 1 : Exif.orientation(exif);
    }

    /** This metadata saying that the picture stands upright. */
    Metadata upright() {
        return new Metadata(
                icc, exif == null ? null : Exif.upright(exif), xmp == null ? null : Exif.uprightXmp(xmp), iptc, chunks);
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
