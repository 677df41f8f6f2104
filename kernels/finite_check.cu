// Which images of a batch hold a number that is not finite.
//   x float[images][count], wrong int32[images]
#include "common.cuh"

constexpr int finite_threads = 256;
constexpr int finite_numbers = 8;  // that one thread looks at

// wrong[image] = 1 if a number of the image is infinite or none, else left as it is. One thread: 8 numbers of one
// image, 256 apart, so that neighbours read neighbours. An integer is set, in any order, so the result is always the
// same. Items: count x images; block 256, which covers 2048 x 1.
extern "C" __global__ void finite_check(const float* x, int* wrong, int64_t count, int images) {
  int image = static_cast<int>(blockIdx.y);
  if (image >= images) return;
  const float* numbers = x + image * count;
  int64_t first = static_cast<int64_t>(blockIdx.x) * (finite_threads * finite_numbers) + threadIdx.x;
  bool finite = true;
  for (int k = 0; k < finite_numbers; ++k) {
    int64_t i = first + k * finite_threads;
    if (i < count) finite = finite && fabsf(numbers[i]) <= 3.402823466e38f;
  }
  if (!finite) atomicOr(wrong + image, 1);
}
TILED_KERNEL(finite_check, finite_threads, 1, 1, finite_threads* finite_numbers, 1, 1)
