package io.acuity.cli;

import io.acuity.data.BenchmarkSet;
import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.metric.Luma;
import io.acuity.metric.Pixels;
import io.acuity.metric.Plane;
import io.acuity.metric.Protocol;
import io.acuity.metric.Score;
import io.acuity.op.BicubicTaps;
import io.acuity.op.BicubicTaps.Border;

/** What networks are measured against: bicubic interpolation, as the tables of each protocol have it. */
final class Reference {
    private Reference() {}

    /** The score of bicubic enlargement under a protocol, each with the MATLAB convention it is used with. */
    static Score bicubic(Protocol protocol, BenchmarkSet.Images pair, int scale) {
        Pixels reference = Arguments.pixels(pair.hr().to8());
        if (protocol.name().equals(Protocol.PAPER.name())) {
            return paper(reference, scale);
        }
        if (protocol.name().equals(Protocol.VDSR.name())) {
            Plane luma = Luma.of(reference, false, false);
            return protocol.scoreShaved(luma, downAndUp(luma, scale), scale);
        }
        boolean later = protocol.name().equals(Protocol.BASICSR.name());
        Bicubic.Convention convention = later ? Bicubic.Convention.MIRRORED_DOUBLE : Bicubic.Convention.CLAMPED_U8;
        Image sr = Bicubic.enlarge(pair.lr().to8(), scale, convention);
        return protocol.score(reference, Arguments.pixels(sr), scale);
    }

    /** Papers from SRCNN on: rounded luma of HR goes down and up in doubles and is rounded at the end. */
    private static Score paper(Pixels reference, int scale) {
        Plane luma = Luma.of(reference, false, true);
        double[] up = downAndUp(luma, scale).values();
        byte[] result = new byte[up.length];
        byte[] wanted = new byte[up.length];
        for (int i = 0; i < up.length; i++) {
            result[i] = (byte) Math.round(Math.clamp(up[i], 0, 255));
            wanted[i] = (byte) luma.values()[i];
        }
        int w = luma.width();
        int h = luma.height();
        return Protocol.PAPER.score(Pixels.of(w, h, 1, wanted), Pixels.of(w, h, 1, result), scale);
    }

    /** A plane shrunk and enlarged again as later MATLAB does with doubles; its sides are multiples of the scale. */
    static Plane downAndUp(Plane luma, int scale) {
        int w = luma.width();
        int h = luma.height();
        double[] low = Bicubic.resize(
                luma.values(),
                1,
                BicubicTaps.of(h, h / scale, Border.MIRRORED),
                BicubicTaps.of(w, w / scale, Border.MIRRORED));
        double[] up = Bicubic.resize(
                low, 1, BicubicTaps.of(h / scale, h, Border.MIRRORED), BicubicTaps.of(w / scale, w, Border.MIRRORED));
        return new Plane(w, h, up);
    }
}
