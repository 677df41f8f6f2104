package io.acuity.metric;

/**
 * How close a picture is to its reference.
 *
 * @param psnrY PSNR of luma in dB
 * @param ssimY SSIM of luma
 * @param psnrRgb PSNR over all colours in dB
 */
public record Score(double psnrY, double ssimY, double psnrRgb) {
    /** The mean of scores, as papers average over a set. */
    public static Score mean(Iterable<Score> scores) {
        double y = 0;
        double s = 0;
        double rgb = 0;
        int n = 0;
        for (Score score : scores) {
            y += score.psnrY;
            s += score.ssimY;
            rgb += score.psnrRgb;
            n++;
        }
        if (n == 0) {
            throw new IllegalArgumentException("mean score: want at least one picture, have none");
        }
        return new Score(y / n, s / n, rgb / n);
    }
}
