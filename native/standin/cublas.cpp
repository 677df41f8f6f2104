// A stand-in for libcublas.so.13: products by their definition, in double precision.
#include <cstdint>

#include "standin.h"

#define API extern "C" __attribute__((visibility("default")))

namespace {

constexpr int ok = 0, not_initialized = 1, invalid_value = 7, execution_failed = 13;

struct Handle {
  void* stream = nullptr;
  void* work_area = nullptr;
};

}  // namespace

API int cublasGetProperty(int which, int* value) {
  *value = which == 0 ? 13 : 0;
  return ok;
}
API int cublasCreate_v2(void** handle) {
  if (int status = standin::entered("cublasCreate")) return status;
  *handle = new Handle;
  return ok;
}
API int cublasDestroy_v2(void* handle) {
  delete static_cast<Handle*>(handle);
  return ok;
}
API int cublasSetStream_v2(void* handle, void* stream) {
  static_cast<Handle*>(handle)->stream = stream;
  static_cast<Handle*>(handle)->work_area = nullptr;  // as cuBLAS does
  return ok;
}
API int cublasSetWorkspace_v2(void* handle, void* memory, uint64_t bytes) {
  if (standin::device_memory(memory, bytes) == nullptr) return invalid_value;
  static_cast<Handle*>(handle)->work_area = memory;
  return ok;
}

API int cublasGemmStridedBatchedEx(void* handle, int transpose_a, int transpose_b, int m, int n, int k,
                                   const void* alpha, const void* a, int type_a, int lda, long long step_a,
                                   const void* b, int type_b, int ldb, long long step_b, const void* beta, void* c,
                                   int type_c, int ldc, long long step_c, int batch, int compute, int) {
  if (int status = standin::entered("cublasGemmStridedBatchedEx")) return status;
  auto* own = static_cast<Handle*>(handle);
  // without an area of the caller's it would allocate, which cannot be captured
  if (own->work_area == nullptr) return not_initialized;
  constexpr int real_32f = 0, compute_32f = 68, compute_32f_fast_tf32 = 77;
  if (type_a != real_32f || type_b != real_32f || type_c != real_32f ||
      (compute != compute_32f && compute != compute_32f_fast_tf32)) {
    return invalid_value;
  }
  if (lda < (transpose_a ? k : m) || ldb < (transpose_b ? n : k) || ldc < m) return invalid_value;
  auto extent = [batch](long long step, int ld, int rows, int columns) {
    return 4 * static_cast<uint64_t>((batch - 1) * step + int64_t{columns - 1} * ld + rows);
  };
  auto* from_a = static_cast<const float*>(
      standin::device_memory(a, extent(step_a, lda, transpose_a ? k : m, transpose_a ? m : k)));
  auto* from_b = static_cast<const float*>(
      standin::device_memory(b, extent(step_b, ldb, transpose_b ? n : k, transpose_b ? k : n)));
  auto* to = static_cast<float*>(standin::device_memory(c, extent(step_c, ldc, m, n)));
  if (from_a == nullptr || from_b == nullptr || to == nullptr) return invalid_value;
  double scale = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  int status = standin::stream_add(own->stream, [=] {
    for (int64_t x = 0; x < batch; ++x) {
      for (int64_t j = 0; j < n; ++j) {
        for (int64_t i = 0; i < m; ++i) {
          double sum = 0;
          for (int64_t p = 0; p < k; ++p) {
            double left = from_a[x * step_a + (transpose_a ? i * lda + p : p * lda + i)];
            double right = from_b[x * step_b + (transpose_b ? p * ldb + j : j * ldb + p)];
            sum += left * right;
          }
          float& result = to[x * step_c + j * ldc + i];
          result = static_cast<float>(scale * sum + (keep != 0 ? keep * result : 0));
        }
      }
    }
    return 0;
  });
  return status == 0 ? ok : execution_failed;
}
