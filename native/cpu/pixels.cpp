// u8_to_tensor, tensor_to_u8 and the same with 16 bits: integers to floats by a factor, and back rounded half up and
// clamped.
#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

template <class T>
void to_tensor(const char* kernel, const T* from, float* y, float factor, std::int64_t count) {
  want_count(kernel, "count", count);
  write_or_add(y, count, false, [=](std::int64_t i) { return static_cast<float>(from[i]) * factor; });
}

/// clamp(floor(x * factor + 1/2), 0, largest): clamped first, so that the conversion truncates a number in range. NaN
/// becomes 0.
template <class T>
void from_tensor(const char* kernel, const float* x, T* to, float factor, std::int64_t count, float largest) {
  want_count(kernel, "count", count);
  over(count, [=](std::int64_t begin, std::int64_t end) {
    // bytes may alias anything, also what this lambda holds: locals, and a promise that they do not
    const float* __restrict in = x;
    T* __restrict out = to;
    const float scale = factor, top = largest;
    for (std::int64_t i = begin; i < end; ++i) {
      float value = in[i] * scale + 0.5f;
      value = value > 0 ? value : 0;
      value = value < top ? value : top;
      out[i] = static_cast<T>(static_cast<int>(value));
    }
  });
}

}  // namespace

void u8_to_tensor(const std::uint8_t* bytes, float* y, float factor, std::int64_t count) {
  to_tensor("u8_to_tensor", bytes, y, factor, count);
}
TWIN(u8_to_tensor)

void tensor_to_u8(const float* x, std::uint8_t* bytes, float factor, std::int64_t count) {
  from_tensor("tensor_to_u8", x, bytes, factor, count, 255);
}
TWIN(tensor_to_u8)

void u16_to_tensor(const std::uint16_t* words, float* y, float factor, std::int64_t count) {
  to_tensor("u16_to_tensor", words, y, factor, count);
}
TWIN(u16_to_tensor)

void tensor_to_u16(const float* x, std::uint16_t* words, float factor, std::int64_t count) {
  from_tensor("tensor_to_u16", x, words, factor, count, 65535);
}
TWIN(tensor_to_u16)

}  // namespace acuity::cpu
