// patch_crop_forward: cuts n patches of size x size pixels from packed 8-bit images to floats in [0, 1], flipped and
// transposed as the plan says. plan[n] = {byte offset of the top-left pixel, bytes a row, flags: 1 flip horizontally, 2
// vertically, 4 transpose, 0}.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void patch_crop_forward(const std::uint8_t* pixels, const std::int64_t* plan, float* y, int n, int size, int channels) {
  want_at_least("patch_crop_forward", "n", 1, n);
  want_at_least("patch_crop_forward", "size", 1, size);
  want_at_least("patch_crop_forward", "channels", 1, channels);
  parallel_for(n, [=](std::int64_t image) {
    const std::int64_t stride = plan[4 * image + 1], flags = plan[4 * image + 2];
    const std::uint8_t* patch = pixels + plan[4 * image];
    float* to = y + image * size * size * channels;
    for (int i = 0; i < size; ++i) {
      for (int j = 0; j < size; ++j) {
        const int r = flags & 4 ? j : i, c = flags & 4 ? i : j;
        const std::uint8_t* from = patch + (flags & 2 ? size - 1 - r : r) * stride +
                                   static_cast<std::int64_t>(flags & 1 ? size - 1 - c : c) * channels;
        for (int channel = 0; channel < channels; ++channel) *to++ = static_cast<float>(from[channel]) / 255.0f;
      }
    }
  });
}
TWIN(patch_crop_forward)

}  // namespace acuity::cpu
