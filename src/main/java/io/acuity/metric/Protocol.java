package io.acuity.metric;

import java.util.Locale;

/**
 * How a picture is compared with its reference: numbers of two protocols cannot be compared with one another. All cut the
 * reference to multiples of the scale, leave out as many pixels at each side as the scale, and take luma in the studio range
 * with peak 255.
 *
 * @param name its name on the command line and in tables
 * @param repeatGrey whether a grey picture counts as three equal channels, or as its own luma
 * @param roundLuma whether luma is rounded to whole numbers first
 */
public record Protocol(String name, boolean repeatGrey, boolean roundLuma) {
    /** As the evaluators of RCAN and EDSR: luma not rounded, grey repeated. */
    public static final Protocol RCAN = new Protocol("rcan", true, false);
    /** As BasicSR's {@code calculate_psnr} with {@code test_y_channel}: the same metric; its LR pictures differ, not this. */
    public static final Protocol BASICSR = new Protocol("basicsr", true, false);
    /** As SelfExSR's tables: luma rounded, grey its own luma. */
    public static final Protocol SELFEXSR = new Protocol("selfexsr", false, true);
    /** As papers from SRCNN to VDSR: networks work on luma, which is rounded; grey its own luma. */
    public static final Protocol PAPER = new Protocol("paper", false, true);

    /** As VDSR's own evaluation: networks work on luma enlarged from luma in doubles, and nothing is rounded. */
    public static final Protocol VDSR = new Protocol("vdsr", false, false);

    /** The protocol of a name under which any two pictures can be compared: all but {@link #VDSR}, which begins with HR. */
    public static Protocol of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "rcan", "edsr" -> RCAN;
            case "basicsr" -> BASICSR;
            case "selfexsr" -> SELFEXSR;
            case "paper" -> PAPER;
            default ->
                throw new IllegalArgumentException("protocol: want rcan, basicsr, selfexsr or paper, have " + name);
        };
    }

    /** This protocol with grey pictures taken the other way. */
    public Protocol withRepeatGrey(boolean repeat) {
        return new Protocol(name, repeat, roundLuma);
    }

    /** Compares {@code result}, which has the size of the reference once that is cut to multiples of {@code scale}. */
    public Score score(Pixels reference, Pixels result, int scale) {
        return scoreShaved(reference.modcropped(scale), result, scale);
    }

    /**
     * Compares two planes of luma without {@code crop} samples at each side; where there is nothing but luma its PSNR stands for
     * that of RGB too.
     */
    public Score scoreShaved(Plane reference, Plane result, int crop) {
        Plane a = reference.shaved(crop);
        Plane b = result.shaved(crop);
        double psnr = Psnr.of(a, b);
        return new Score(psnr, Ssim.of(a, b), psnr);
    }

    /** Compares two pictures of one size without {@code crop} pixels at each side. */
    public Score scoreShaved(Pixels reference, Pixels result, int crop) {
        Plane.requireSame("metric", reference.width(), reference.height(), result.width(), result.height());
        Pixels a = reference.shaved(crop);
        Pixels b = result.shaved(crop);
        // a network's colour result of a grey picture makes luma of both from three channels
        boolean repeat = repeatGrey || a.colours() != b.colours();
        Plane lumaA = Luma.of(a, repeat, roundLuma);
        Plane lumaB = Luma.of(b, repeat, roundLuma);
        return new Score(Psnr.of(lumaA, lumaB), Ssim.of(lumaA, lumaB), Psnr.of(a, b));
    }

    /** The convention in words, to stand beside every number. */
    public String describe() {
        return name + ": Y = 16 + (65.481 R + 128.553 G + 24.966 B)/255 of "
                + (name.equals(VDSR.name)
                        ? "HR, shrunk and enlarged in doubles by the later MATLAB's bicubic, "
                        : "8-bit results, ")
                + (roundLuma ? "rounded" : "not rounded")
                + ", grey " + (repeatGrey ? "repeated to RGB" : "as its own luma")
                + ", border of scale pixels left out, PSNR peak 255, SSIM 11x11 Gaussian 1.5";
    }
}
