package io.acuity.model;

import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.tensor.Random;
import java.util.Arrays;

/**
 * EDSR of one block whose first feature, for a white pixel, lies between the largest bf16 number and the largest fp32 one: 3.4015e38.
 * In bf16 it is infinite, and so is what the tail makes of it; in fp32 the tail brings it back to about 7. The network works for every
 * darker pixel in both.
 */
public final class OverflowingNetwork {
    private static final int FEATURES = 8;

    /** White less DIV2K's mean colour, all three channels. */
    private static final double WHITE = 3 - 0.4488 - 0.4371 - 0.4040;

    private OverflowingNetwork() {}

    /** x2, with weights that finite ones are for every picture in fp32. */
    public static Network create(Device device) {
        return create(device, (float) (3.4015e38 / WHITE));
    }

    /** The same with a weight so large that a white pixel is infinite in fp32 too. */
    public static Network beyondFp32(Device device) {
        return create(device, (float) (3.4028e38 * 1.01 / WHITE));
    }

    private static Network create(Device device, float large) {
        Network network = Edsr.create(device, new Edsr.Options(1, FEATURES, 1f, 2), 5);
        float[] head = network.parameters().read("head.0.weight");
        Arrays.fill(head, 0, 27, 0f);
        for (int colour = 0; colour < 3; colour++) {
            head[colour * 9 + 4] = large;
        }
        network.parameters().write("head.0.weight", head);
        float[] bias = network.parameters().read("head.0.bias");
        bias[0] = 0f;
        network.parameters().write("head.0.bias", bias);
        // nothing but the tail looks at that feature
        for (String name : new String[] {"body.0.body.0", "body.0.body.2", "body.1"}) {
            scaleFirstFeature(network, name + ".weight", 0f);
        }
        scaleFirstFeature(network, "tail.0.0.weight", 1e-19f);
        network.parameters().write("tail.1.weight", scaled(network.parameters().read("tail.1.weight"), 1e-18f, 1f));
        return network;
    }

    /** Weights of a convolution, [out, 8, 3, 3]: those of the first feature by a factor. */
    private static void scaleFirstFeature(Network network, String name, float factor) {
        network.parameters().write(name, scaled(network.parameters().read(name), factor, 1f));
    }

    private static float[] scaled(float[] weight, float first, float others) {
        for (int i = 0; i < weight.length; i++) {
            weight[i] *= i / 9 % FEATURES == 0 ? first : others;
        }
        return weight;
    }

    /** A picture of noise without white pixels. */
    public static Image dark(int width, int height) {
        Image image = Image.black(width, height, 3, 8);
        Random random = Random.of(21, (long) width * height);
        for (int i = 0; i < image.bytes().length; i++) {
            image.bytes()[i] = (byte) Math.floorMod(random.nextInt(), 200);
        }
        return image;
    }

    /** The same with one white pixel. */
    public static Image white(int width, int height, int x, int y) {
        Image image = dark(width, height);
        Arrays.fill(image.bytes(), (y * width + x) * 3, (y * width + x) * 3 + 3, (byte) 255);
        return image;
    }
}
