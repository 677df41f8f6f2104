package io.acuity.data;

import java.awt.geom.Path2D;

/** Capitals, digits and a few signs as strokes on a grid 4 wide and 6 high, so that text needs no font to be installed. */
final class Lettering {
    private static final double WIDTH = 4;
    private static final double HEIGHT = 6;
    private static final double ADVANCE = 5.6;

    private Lettering() {}

    /** The strokes of a text whose capitals are {@code height} high, from (x, y), the top left corner of the first. */
    static Path2D strokes(String text, double x, double y, double height) {
        Path2D path = new Path2D.Double();
        double unit = height / HEIGHT;
        for (int i = 0; i < text.length(); i++) {
            double left = x + i * ADVANCE * unit;
            for (String stroke : glyph(text.charAt(i)).split(" ", -1)) {
                for (int k = 0; k + 1 < stroke.length(); k += 2) {
                    double px = left + (stroke.charAt(k) - '0') * unit;
                    double py = y + (stroke.charAt(k + 1) - '0') * unit;
                    if (k == 0) {
                        path.moveTo(px, py);
                    } else {
                        path.lineTo(px, py);
                    }
                }
            }
        }
        return path;
    }

    /** How wide a text of that height is. */
    static double width(String text, double height) {
        return (text.length() * ADVANCE - (ADVANCE - WIDTH)) * height / HEIGHT;
    }

    /** Strokes between blanks; each is a run of points, a digit for x and one for y. */
    private static String glyph(char c) {
        return switch (c) {
            case 'A' -> "062046 1434";
            case 'B' -> "060030414233033244453606 0333";
            case 'C' -> "4130100105163645";
            case 'D' -> "06002041452606";
            case 'E' -> "40000646 0333";
            case 'F' -> "400006 0333";
            case 'G' -> "41301001051636454323";
            case 'H' -> "0006 4046 0343";
            case 'I' -> "1030 2026 1636";
            case 'J' -> "404536160504";
            case 'K' -> "0006 4003 1246";
            case 'L' -> "000646";
            case 'M' -> "0600234046";
            case 'N' -> "06004640";
            case 'O' -> "100105163645413010";
            case 'P' -> "06003041423303";
            case 'Q' -> "100105163645413010 2446";
            case 'R' -> "06003041423303 2346";
            case 'S' -> "413010010213334445361605";
            case 'T' -> "0040 2026";
            case 'U' -> "000516364540";
            case 'V' -> "002640";
            case 'W' -> "0016233640";
            case 'X' -> "0046 4006";
            case 'Y' -> "002340 2326";
            case 'Z' -> "00400646";
            case '0' -> "100105163645413010 0541";
            case '1' -> "112026 1636";
            case '2' -> "01103041420646";
            case '3' -> "01103041423313 334445361605";
            case '4' -> "36300444";
            case '5' -> "400002324345361605";
            case '6' -> "30100105163645443304";
            case '7' -> "004016";
            case '8' -> "103041423313020110 1304051636454433";
            case '9' -> "16364541301001021343";
            case ':' -> "2122 2425";
            case '.' -> "2526";
            case '-' -> "0343";
            case '/' -> "0640";
            default -> "";
        };
    }
}
