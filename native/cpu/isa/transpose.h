// Squares of W x W floats transposed in registers, and complex numbers taken apart and put together.
#pragma once

#include "vector.h"

namespace acuity::cpu::ACUITY_SET {

#if defined(ACUITY_AVX512)

ACUITY_INLINE vf unpack_pairs_low(vf a, vf b) {
  return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}
ACUITY_INLINE vf unpack_pairs_high(vf a, vf b) {
  return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

ACUITY_INLINE void transpose(vf (&v)[16]) {
  vf u[16];  // u[4 g + k]: columns k, 4 + k, 8 + k, 12 + k of rows 4 g .. 4 g + 3
#pragma GCC unroll 4
  for (int g = 0; g < 16; g += 4) {
    const vf a = _mm512_unpacklo_ps(v[g], v[g + 1]), b = _mm512_unpackhi_ps(v[g], v[g + 1]);
    const vf c = _mm512_unpacklo_ps(v[g + 2], v[g + 3]), d = _mm512_unpackhi_ps(v[g + 2], v[g + 3]);
    u[g] = unpack_pairs_low(a, c);
    u[g + 1] = unpack_pairs_high(a, c);
    u[g + 2] = unpack_pairs_low(b, d);
    u[g + 3] = unpack_pairs_high(b, d);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const vf a = _mm512_shuffle_f32x4(u[k], u[4 + k], 0x88), b = _mm512_shuffle_f32x4(u[k], u[4 + k], 0xdd);
    const vf c = _mm512_shuffle_f32x4(u[8 + k], u[12 + k], 0x88), d = _mm512_shuffle_f32x4(u[8 + k], u[12 + k], 0xdd);
    v[k] = _mm512_shuffle_f32x4(a, c, 0x88);
    v[4 + k] = _mm512_shuffle_f32x4(b, d, 0x88);
    v[8 + k] = _mm512_shuffle_f32x4(a, c, 0xdd);
    v[12 + k] = _mm512_shuffle_f32x4(b, d, 0xdd);
  }
}

/// re0 im0 re1 im1 ... in two vectors.
ACUITY_INLINE void interleave(vf re, vf im, vf& low, vf& high) {
  const __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  low = _mm512_permutex2var_ps(re, first, im);
  high = _mm512_permutex2var_ps(re, _mm512_add_epi32(first, _mm512_set1_epi32(8)), im);
}

ACUITY_INLINE void deinterleave(vf low, vf high, vf& re, vf& im) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  re = _mm512_permutex2var_ps(low, even, high);
  im = _mm512_permutex2var_ps(low, _mm512_add_epi32(even, _mm512_set1_epi32(1)), high);
}

#elif defined(ACUITY_AVX2)

ACUITY_INLINE vf unpack_pairs_low(vf a, vf b) {
  return _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
}
ACUITY_INLINE vf unpack_pairs_high(vf a, vf b) {
  return _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
}

ACUITY_INLINE void transpose(vf (&v)[8]) {
  vf u[8];  // u[4 g + k]: columns k and 4 + k of rows 4 g .. 4 g + 3
#pragma GCC unroll 2
  for (int g = 0; g < 8; g += 4) {
    const vf a = _mm256_unpacklo_ps(v[g], v[g + 1]), b = _mm256_unpackhi_ps(v[g], v[g + 1]);
    const vf c = _mm256_unpacklo_ps(v[g + 2], v[g + 3]), d = _mm256_unpackhi_ps(v[g + 2], v[g + 3]);
    u[g] = unpack_pairs_low(a, c);
    u[g + 1] = unpack_pairs_high(a, c);
    u[g + 2] = unpack_pairs_low(b, d);
    u[g + 3] = unpack_pairs_high(b, d);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    v[k] = _mm256_permute2f128_ps(u[k], u[4 + k], 0x20);
    v[4 + k] = _mm256_permute2f128_ps(u[k], u[4 + k], 0x31);
  }
}

ACUITY_INLINE void interleave(vf re, vf im, vf& low, vf& high) {
  const vf a = _mm256_unpacklo_ps(re, im), b = _mm256_unpackhi_ps(re, im);
  low = _mm256_permute2f128_ps(a, b, 0x20);
  high = _mm256_permute2f128_ps(a, b, 0x31);
}

ACUITY_INLINE void deinterleave(vf low, vf high, vf& re, vf& im) {
  const vf a = _mm256_permute2f128_ps(low, high, 0x20), b = _mm256_permute2f128_ps(low, high, 0x31);
  re = _mm256_shuffle_ps(a, b, 0x88);
  im = _mm256_shuffle_ps(a, b, 0xdd);
}

#else

typedef int vi __attribute__((vector_size(16)));

ACUITY_INLINE void interleave(vf re, vf im, vf& low, vf& high) {
  low = __builtin_shuffle(re, im, vi{0, 4, 1, 5});
  high = __builtin_shuffle(re, im, vi{2, 6, 3, 7});
}

ACUITY_INLINE void deinterleave(vf low, vf high, vf& re, vf& im) {
  re = __builtin_shuffle(low, high, vi{0, 2, 4, 6});
  im = __builtin_shuffle(low, high, vi{1, 3, 5, 7});
}

ACUITY_INLINE void transpose(vf (&v)[4]) {
  vf a, b, c, d;
  interleave(v[0], v[2], a, b);
  interleave(v[1], v[3], c, d);
  interleave(a, c, v[0], v[1]);
  interleave(b, d, v[2], v[3]);
}

#endif

}  // namespace acuity::cpu::ACUITY_SET
