package io.acuity.data;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is done to EXIF blocks: reading and resetting the orientation, leaving out what tells on the photographer. */
final class Exif {
    /** Text about the picture that a TIFF file keeps in its first directory: description to software, date, artist, rights. */
    private static final int[] DESCRIPTIVE = {270, 271, 272, 305, 306, 315, 33432};

    private static final Pattern XMP_ORIENTATION =
            Pattern.compile("(tiff:Orientation\\s*(?:=\\s*[\"']|>\\s*))[1-8](?=\\s*[\"'<])");

    private Exif() {}

    /** Orientation 1..8; 1 when the block does not say or is damaged. */
    static int orientation(byte[] block) {
        try {
            long value = TiffDirectory.first(block).number(TiffDirectory.ORIENTATION, 1);
            return value >= 1 && value <= 8 ? (int) value : 1;
        } catch (IllegalArgumentException e) {
            return 1;
        }
    }

    /** The block with orientation 1, everything else at its place: maker's notes hold offsets into the block. */
    static byte[] upright(byte[] block) {
        if (orientation(block) == 1) {
            return block;
        }
        TiffDirectory first = TiffDirectory.first(block);
        TiffDirectory.Entry entry = first.entries().get(TiffDirectory.ORIENTATION);
        if (entry == null) {
            return block;
        }
        byte[] changed = block.clone();
        ByteBuffer value = ByteBuffer.wrap(changed).order(first.order());
        switch (entry.value().length) {
            case 1 -> value.put(entry.at(), (byte) 1);
            case 2 -> value.putShort(entry.at(), (short) 1);
            default -> value.putInt(entry.at(), 1);
        }
        return changed;
    }

    /** The XMP packet with any {@code tiff:Orientation} set to 1; its length stays. */
    static byte[] uprightXmp(byte[] xmp) {
        // ISO-8859-1 carries every byte through unchanged
        String text = new String(xmp, StandardCharsets.ISO_8859_1);
        return XMP_ORIENTATION.matcher(text).replaceAll("$11").getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The block without place, thumbnail and maker's notes, or null when it is damaged. */
    static byte @Nullable [] safe(byte[] block) {
        try {
            TiffDirectory first = TiffDirectory.first(block);
            SortedMap<Integer, TiffDirectory.Entry> main = new TreeMap<>(first.entries());
            TiffDirectory exif = first.child(block, TiffDirectory.EXIF);
            return block(first.order(), main, exif == null ? null : new TreeMap<>(exif.entries()), null);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** What the first directory of a TIFF file says about the picture, as an EXIF block; null when it says nothing. */
    static byte @Nullable [] ofTiff(byte[] file, TiffDirectory first) {
        SortedMap<Integer, TiffDirectory.Entry> main = new TreeMap<>();
        for (int tag : DESCRIPTIVE) {
            copy(first.entries(), main, tag);
        }
        copy(first.entries(), main, TiffDirectory.ORIENTATION);
        TiffDirectory exif = child(file, first, TiffDirectory.EXIF);
        TiffDirectory gps = child(file, first, TiffDirectory.GPS);
        if (main.isEmpty() && exif == null && gps == null) {
            return null;
        }
        return block(
                first.order(),
                main,
                exif == null ? null : new TreeMap<>(exif.entries()),
                gps == null ? null : new TreeMap<>(gps.entries()));
    }

    /**
     * Directories of a TIFF file which carry what an EXIF block says; {@code main} gets the entries of its own.
     *
     * @return bytes to lie at {@code offset}, to which entries of {@code main} point
     */
    static byte[] intoTiff(byte[] block, SortedMap<Integer, TiffDirectory.Entry> main, int offset) {
        TiffDirectory first = TiffDirectory.first(block);
        for (int tag : DESCRIPTIVE) {
            copy(first.entries(), main, tag);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int tag : new int[] {TiffDirectory.EXIF, TiffDirectory.GPS}) {
            TiffDirectory child = child(block, first, tag);
            if (child != null) {
                SortedMap<Integer, TiffDirectory.Entry> entries = new TreeMap<>(child.entries());
                entries.remove(TiffDirectory.INTEROPERABILITY);
                entries.remove(TiffDirectory.MAKER_NOTE);
                main.put(tag, TiffDirectory.ofInt(first.order(), offset + out.size()));
                out.writeBytes(TiffDirectory.write(first.order(), entries, offset + out.size()));
            }
        }
        return out.toByteArray();
    }

    private static @Nullable TiffDirectory child(byte[] block, TiffDirectory parent, int tag) {
        try {
            return parent.child(block, tag);
        } catch (IllegalArgumentException e) {
            return null; // a damaged directory beside the picture does not damage the picture
        }
    }

    private static void copy(
            SortedMap<Integer, TiffDirectory.Entry> from, SortedMap<Integer, TiffDirectory.Entry> to, int tag) {
        TiffDirectory.Entry entry = from.get(tag);
        if (entry != null) {
            to.put(tag, entry);
        }
    }

    private static byte[] block(
            ByteOrder order,
            SortedMap<Integer, TiffDirectory.Entry> main,
            @Nullable SortedMap<Integer, TiffDirectory.Entry> exif,
            @Nullable SortedMap<Integer, TiffDirectory.Entry> gps) {
        main.remove(TiffDirectory.EXIF);
        main.remove(TiffDirectory.GPS);
        main.remove(TiffDirectory.XMP);
        main.remove(TiffDirectory.IPTC);
        main.remove(TiffDirectory.ICC);
        if (exif != null) {
            exif.remove(TiffDirectory.INTEROPERABILITY);
            exif.remove(TiffDirectory.MAKER_NOTE);
            main.put(TiffDirectory.EXIF, TiffDirectory.ofInt(order, 0));
        }
        if (gps != null) {
            main.put(TiffDirectory.GPS, TiffDirectory.ofInt(order, 0));
        }
        int at = 8 + TiffDirectory.size(main);
        if (exif != null) {
            main.put(TiffDirectory.EXIF, TiffDirectory.ofInt(order, at));
            at += TiffDirectory.size(exif);
        }
        if (gps != null) {
            main.put(TiffDirectory.GPS, TiffDirectory.ofInt(order, at));
            at += TiffDirectory.size(gps);
        }
        ByteBuffer out = ByteBuffer.allocate(at).order(order);
        out.putShort((short) (order == ByteOrder.LITTLE_ENDIAN ? 0x4949 : 0x4D4D))
                .putShort((short) 42)
                .putInt(8);
        out.put(TiffDirectory.write(order, main, 8));
        if (exif != null) {
            out.put(TiffDirectory.write(order, exif, out.position()));
        }
        if (gps != null) {
            out.put(TiffDirectory.write(order, gps, out.position()));
        }
        return out.array();
    }
}
