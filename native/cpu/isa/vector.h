// The vector of each instruction set. Included once by each of avx512.cpp, avx2.cpp and plain.cpp, which name the set
// in ACUITY_SET; everything compiled there lives in a namespace of that name, and no standard header's inline function
// is used, so the linker can never pick an AVX-512 copy of a function that another file runs on an older CPU.
#pragma once

#if defined(ACUITY_AVX512) || defined(ACUITY_AVX2)
#include <immintrin.h>
#endif

#define ACUITY_INLINE static inline __attribute__((always_inline))

namespace acuity::cpu::ACUITY_SET {

#if defined(ACUITY_AVX512)

using vf = __m512;
constexpr int W = 16;       // floats a vector
constexpr int COLUMNS = 4;  // vectors of an output row that the matrix kernel keeps in registers: 6 x 4 + 4 + 1 of 32

ACUITY_INLINE vf load(const float* p) { return _mm512_loadu_ps(p); }
ACUITY_INLINE void store(float* p, vf v) { _mm512_storeu_ps(p, v); }
ACUITY_INLINE vf load_part(const float* p, int count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
}
ACUITY_INLINE void store_part(float* p, vf v, int count) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), v);
}
ACUITY_INLINE vf splat(float x) { return _mm512_set1_ps(x); }
ACUITY_INLINE vf zero() { return _mm512_setzero_ps(); }
ACUITY_INLINE vf fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
ACUITY_INLINE vf fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
/// v, but no less than low; a NaN stays.
ACUITY_INLINE vf at_least(vf low, vf v) { return _mm512_max_ps(low, v); }
ACUITY_INLINE vf at_most(vf high, vf v) { return _mm512_min_ps(high, v); }
/// v where mask > 0, else 0.
ACUITY_INLINE vf where_positive(vf mask, vf v) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(mask, _mm512_setzero_ps(), _CMP_GT_OQ), v);
}
ACUITY_INLINE float sum(vf v) { return _mm512_reduce_add_ps(v); }
/// a where mask > 0, else b.
ACUITY_INLINE vf choose_positive(vf mask, vf a, vf b) {
  return _mm512_mask_mov_ps(b, _mm512_cmp_ps_mask(mask, _mm512_setzero_ps(), _CMP_GT_OQ), a);
}

#elif defined(ACUITY_AVX2)

using vf = __m256;
constexpr int W = 8;
constexpr int COLUMNS = 2;  // 6 x 2 + 2 + 1 of 16 registers

ACUITY_INLINE __m256i first(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
ACUITY_INLINE vf load(const float* p) { return _mm256_loadu_ps(p); }
ACUITY_INLINE void store(float* p, vf v) { _mm256_storeu_ps(p, v); }
ACUITY_INLINE vf load_part(const float* p, int count) { return _mm256_maskload_ps(p, first(count)); }
ACUITY_INLINE void store_part(float* p, vf v, int count) { _mm256_maskstore_ps(p, first(count), v); }
ACUITY_INLINE vf splat(float x) { return _mm256_set1_ps(x); }
ACUITY_INLINE vf zero() { return _mm256_setzero_ps(); }
ACUITY_INLINE vf fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
ACUITY_INLINE vf fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
ACUITY_INLINE vf at_least(vf low, vf v) { return _mm256_max_ps(low, v); }
ACUITY_INLINE vf at_most(vf high, vf v) { return _mm256_min_ps(high, v); }
ACUITY_INLINE vf where_positive(vf mask, vf v) {
  return _mm256_and_ps(_mm256_cmp_ps(mask, _mm256_setzero_ps(), _CMP_GT_OQ), v);
}
ACUITY_INLINE float sum(vf v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
ACUITY_INLINE vf choose_positive(vf mask, vf a, vf b) {
  return _mm256_blendv_ps(b, a, _mm256_cmp_ps(mask, _mm256_setzero_ps(), _CMP_GT_OQ));
}

#else

// The compiler's own vectors: SSE2 on every x86-64, the same source elsewhere. No fused multiply-add: a product is
// rounded.
typedef float vf __attribute__((vector_size(16)));
constexpr int W = 4;
constexpr int COLUMNS = 2;

ACUITY_INLINE vf load(const float* p) {
  vf v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
ACUITY_INLINE void store(float* p, vf v) { __builtin_memcpy(p, &v, sizeof v); }
ACUITY_INLINE vf load_part(const float* p, int count) {
  vf v = {0, 0, 0, 0};
  for (int i = 0; i < count; ++i) v[i] = p[i];
  return v;
}
ACUITY_INLINE void store_part(float* p, vf v, int count) {
  for (int i = 0; i < count; ++i) p[i] = v[i];
}
ACUITY_INLINE vf splat(float x) { return vf{x, x, x, x}; }
ACUITY_INLINE vf zero() { return vf{0, 0, 0, 0}; }
ACUITY_INLINE vf fma(vf a, vf b, vf c) { return a * b + c; }
ACUITY_INLINE vf fnma(vf a, vf b, vf c) { return c - a * b; }
ACUITY_INLINE vf at_least(vf low, vf v) { return low > v ? low : v; }
ACUITY_INLINE vf at_most(vf high, vf v) { return high < v ? high : v; }
ACUITY_INLINE vf where_positive(vf mask, vf v) { return mask > 0 ? v : vf{0, 0, 0, 0}; }
ACUITY_INLINE float sum(vf v) { return (v[0] + v[2]) + (v[1] + v[3]); }
ACUITY_INLINE vf choose_positive(vf mask, vf a, vf b) { return mask > 0 ? a : b; }

#endif

ACUITY_INLINE vf load_some(const float* p, int count) { return count == W ? load(p) : load_part(p, count); }
ACUITY_INLINE void store_some(float* p, vf v, int count) {
  if (count == W) {
    store(p, v);
  } else {
    store_part(p, v, count);
  }
}

ACUITY_INLINE int smaller(int a, int b) { return a < b ? a : b; }
ACUITY_INLINE long smaller(long a, long b) { return a < b ? a : b; }

}  // namespace acuity::cpu::ACUITY_SET
