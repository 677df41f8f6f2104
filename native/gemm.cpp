// acuity_gemm: products of batches of matrices, on the host for every device.
#include <string>

#include "acuity.h"
#include "error.h"

#ifdef ACUITY_HAS_TWINS
#include "cpu/gemm.h"
#endif

int acuity_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a, int64_t stride_a,
                int64_t step_a, const float* b, int64_t stride_b, int64_t step_b, float beta, float* c,
                int64_t stride_c, int64_t step_c, int batch) {
  return acuity::guarded("acuity_gemm", [&]() -> std::string {
    if (a == nullptr || b == nullptr || c == nullptr) return "acuity_gemm: want three matrices, have null";
    if (beta != 0 && beta != 1) return "acuity_gemm beta: want 0 or 1, have " + std::to_string(beta);
#ifdef ACUITY_HAS_TWINS
    acuity::cpu::multiply({transpose_a != 0,
                           transpose_b != 0,
                           m,
                           n,
                           k,
                           alpha,
                           beta,
                           {const_cast<float*>(a), stride_a, step_a},
                           {const_cast<float*>(b), stride_b, step_b},
                           {c, stride_c, step_c},
                           batch});
    return {};
#else
    return "acuity_gemm: this library was built without native/cpu";
#endif
  });
}
