// All functions of a start through one: see acuity_call.
#include <string>

#include "acuity.h"
#include "error.h"

namespace {

template <class T>
T* pointer(int64_t word) {
  return reinterpret_cast<T*>(static_cast<intptr_t>(word));
}

int64_t word(const void* pointer) { return static_cast<int64_t>(reinterpret_cast<intptr_t>(pointer)); }

}  // namespace

int64_t acuity_call(int64_t function, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g) {
  const int first = static_cast<int>(a);
  switch (function) {
    case ACUITY_LAST_ERROR:
      return word(acuity_last_error());
    case ACUITY_KERNELS:
      return word(acuity_kernels());
    case ACUITY_LAUNCH:
      return acuity_launch(first, static_cast<int>(b), c, d, e, f, pointer<void*>(g));
    case ACUITY_ALLOCATE:
      return word(acuity_allocate(a));
    case ACUITY_RELEASE:
      acuity_release(pointer<void>(a), b);
      return 0;
    case ACUITY_FILL:
      return acuity_fill(pointer<void>(a), static_cast<int>(b), c);
    case ACUITY_THREADS:
      return acuity_threads(first);
    case ACUITY_ISA:
      return word(acuity_isa(pointer<const char>(a)));
    default:
      acuity::failed("acuity_call: want a function of 0 to " + std::to_string(ACUITY_ISA) + ", have " +
                     std::to_string(function));
      return -1;
  }
}
