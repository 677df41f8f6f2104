// finite_check: which images of a batch hold a number that is infinite or none.
#include <cmath>

#include "elementwise.h"
#include "twin.h"

namespace acuity::cpu {

void finite_check(const float* x, std::int32_t* wrong, std::int64_t count, int images) {
  want_count("finite_check", "count", count);
  want_count("finite_check", "images", images);
  for (int image = 0; image < images; ++image) {
    const float* numbers = x + image * count;
    std::int32_t* word = wrong + image;
    over(count, [=](std::int64_t begin, std::int64_t end) {
      bool finite = true;
      for (std::int64_t i = begin; i < end; ++i) finite = finite && std::isfinite(numbers[i]);
      if (!finite) __atomic_store_n(word, 1, __ATOMIC_RELAXED);  // from any number of threads
    });
  }
}
TWIN(finite_check)

}  // namespace acuity::cpu
