package io.acuity.contrast;

/**
 * What samples a {@link FrequencyBank} makes. Positives are HR itself, then sharpened copies of it; negatives are LR enlarged,
 * then blurred copies of HR, then copies of these negatives shuffled over the batch.
 *
 * @param domain how copies are filtered
 * @param emphasis what sharpening raises; {@link Emphasis#BAND} only in the spectral domain
 * @param sharpened sharpened copies, 0 or more
 * @param blurred blurred copies, 0 or more
 * @param onlyAugmented whether HR itself and LR enlarged are left out
 * @param positive index of the only positive set to keep, or -1 to keep all
 * @param negative index of the only negative set to keep, or -1 to keep all
 * @param shuffled how many shuffled copies are added of each kept negative set
 * @param factorFrom least sharpening factor; 1 changes nothing, below 1 blurs
 * @param factorTo upper end of the sharpening factors, itself left out
 * @param sigmaFrom least standard deviation of the blur in pixels, above 0
 * @param sigmaTo upper end of the standard deviations, itself left out
 */
public record BankOptions(
        Domain domain,
        Emphasis emphasis,
        int sharpened,
        int blurred,
        boolean onlyAugmented,
        int positive,
        int negative,
        int shuffled,
        double factorFrom,
        double factorTo,
        double sigmaFrom,
        double sigmaTo) {
    private static final int KEEP_ALL = -1;

    /** How copies are filtered. */
    public enum Domain {
        /** Small filters over pixels, borders reflected: 3x3 sharpening, Gaussians of 3 to 11 taps. */
        DIRECT,
        /** Transfer functions of Gaussians of any width over the Fourier transform, images taken as periodic. */
        SPECTRAL
    }

    /** What sharpening raises. */
    public enum Emphasis {
        /** All high frequencies. */
        HIGH,
        /** A band of frequencies. */
        BAND
    }

    public BankOptions {
        if (emphasis == Emphasis.BAND && domain == Domain.DIRECT) {
            throw new IllegalArgumentException("emphasis of a band: want the spectral domain, have the direct one");
        }
        atLeast("sharpened copies", 0, sharpened);
        atLeast("blurred copies", 0, blurred);
        atLeast("shuffled copies", 0, shuffled);
        checkKept("positive", positive, sharpened + (onlyAugmented ? 0 : 1));
        checkKept("negative", negative, blurred + (onlyAugmented ? 0 : 1));
        checkRange("sharpening factors", 0, factorFrom, factorTo);
        checkRange("blur sigmas", Double.MIN_NORMAL, sigmaFrom, sigmaTo);
    }

    /** HR and three sharpened copies that are never blurred; LR enlarged and three blurred copies. */
    public static BankOptions standard() {
        return new BankOptions(Domain.DIRECT, Emphasis.HIGH, 3, 3, false, KEEP_ALL, KEEP_ALL, 0, 1, 3, 0.1, 2);
    }

    /** The same with the factors of the authors' released scripts: a fifth of the positives is slightly blurred. */
    public static BankOptions released() {
        return standard().withFactors(0.5, 3);
    }

    /** With copies filtered in the given domain. */
    public BankOptions withDomain(Domain other, Emphasis raised) {
        return new BankOptions(
                other,
                raised,
                sharpened,
                blurred,
                onlyAugmented,
                positive,
                negative,
                shuffled,
                factorFrom,
                factorTo,
                sigmaFrom,
                sigmaTo);
    }

    /** With so many sharpened and blurred copies. */
    public BankOptions withCopies(int sharpenedCopies, int blurredCopies) {
        return new BankOptions(
                domain,
                emphasis,
                sharpenedCopies,
                blurredCopies,
                onlyAugmented,
                positive,
                negative,
                shuffled,
                factorFrom,
                factorTo,
                sigmaFrom,
                sigmaTo);
    }

    /** With or without HR itself and LR enlarged. */
    public BankOptions withOnlyAugmented(boolean only) {
        return new BankOptions(
                domain,
                emphasis,
                sharpened,
                blurred,
                only,
                positive,
                negative,
                shuffled,
                factorFrom,
                factorTo,
                sigmaFrom,
                sigmaTo);
    }

    /** Keeping one positive and one negative set alone; -1 keeps all. */
    public BankOptions withKept(int onlyPositive, int onlyNegative) {
        return new BankOptions(
                domain,
                emphasis,
                sharpened,
                blurred,
                onlyAugmented,
                onlyPositive,
                onlyNegative,
                shuffled,
                factorFrom,
                factorTo,
                sigmaFrom,
                sigmaTo);
    }

    /** With so many shuffled copies of each negative set. */
    public BankOptions withShuffled(int copies) {
        return new BankOptions(
                domain,
                emphasis,
                sharpened,
                blurred,
                onlyAugmented,
                positive,
                negative,
                copies,
                factorFrom,
                factorTo,
                sigmaFrom,
                sigmaTo);
    }

    /** With sharpening factors from {@code from} up to {@code to}. */
    public BankOptions withFactors(double from, double to) {
        return new BankOptions(
                domain,
                emphasis,
                sharpened,
                blurred,
                onlyAugmented,
                positive,
                negative,
                shuffled,
                from,
                to,
                sigmaFrom,
                sigmaTo);
    }

    /** With blur deviations from {@code from} up to {@code to} pixels. */
    public BankOptions withSigmas(double from, double to) {
        return new BankOptions(
                domain,
                emphasis,
                sharpened,
                blurred,
                onlyAugmented,
                positive,
                negative,
                shuffled,
                factorFrom,
                factorTo,
                from,
                to);
    }

    /** Positive sets. */
    public int positives() {
        return positive == KEEP_ALL ? sharpened + (onlyAugmented ? 0 : 1) : 1;
    }

    /** Negative sets, shuffled ones included. */
    public int negatives() {
        return (negative == KEEP_ALL ? blurred + (onlyAugmented ? 0 : 1) : 1) * (1 + shuffled);
    }

    private static void atLeast(String what, int least, int have) {
        if (have < least) {
            throw new IllegalArgumentException(what + ": want at least " + least + ", have " + have);
        }
    }

    private static void checkKept(String kind, int kept, int sets) {
        if (sets < 1) {
            throw new IllegalArgumentException(
                    kind + " sets: want at least 1, have none: without HR and LR themselves," + " copies are needed");
        }
        if (kept < KEEP_ALL || kept >= sets) {
            throw new IllegalArgumentException(
                    kind + " set to keep: want 0 to " + (sets - 1) + ", or -1 for all, have " + kept);
        }
    }

    private static void checkRange(String what, double least, double from, double to) {
        if (!(from >= least) || !(to >= from) || Double.isInfinite(to)) {
            throw new IllegalArgumentException(what + ": want a range from " + (least > 0 ? "above 0" : "0 or more")
                    + " up to no less, have " + from + " to " + to);
        }
    }
}
