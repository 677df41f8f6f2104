// CUDA C++ for a C++ compiler: what a .cu file may use, executed by the emulator. Included by
// kernels/include/common.cuh where nvcc is not the compiler.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernel.h"
#include "thread.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
// Each host thread runs one block at a time, so thread-local is block-local. Only inside functions.
#define __shared__       \
  ::emu::touch_shared(); \
  static thread_local

#define threadIdx (::emu::current->index)
#define blockIdx (::emu::current->block->index)
#define blockDim (::emu::current->block->size)
#define gridDim (::emu::current->block->grid)
constexpr int warpSize = 32;

struct float2 {
  float x, y;
};
struct __align__(16) float4 {
  float x, y, z, w;
};
struct int2 {
  int x, y;
};
struct __align__(16) int4 {
  int x, y, z, w;
};
struct uint2 {
  unsigned x, y;
};
struct __align__(16) uint4 {
  unsigned x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// CUDA's overloads of min and max take mixed types.
template <class A, class B>
constexpr std::common_type_t<A, B> min(A a, B b) {
  return static_cast<std::common_type_t<A, B>>(b) < static_cast<std::common_type_t<A, B>>(a) ? b : a;
}
template <class A, class B>
constexpr std::common_type_t<A, B> max(A a, B b) {
  return static_cast<std::common_type_t<A, B>>(a) < static_cast<std::common_type_t<A, B>>(b) ? b : a;
}

inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __saturatef(float x) { return x > 0.0f ? std::min(x, 1.0f) : 0.0f; }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((uint64_t{a} * b) >> 32); }
template <class T>
T __ldg(const T* p) {
  return *p;
}
template <class To, class From>
To emu_bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}
inline float __int_as_float(int x) { return emu_bits<float>(x); }
inline int __float_as_int(float x) { return emu_bits<int>(x); }
inline float __uint_as_float(unsigned x) { return emu_bits<float>(x); }
inline unsigned __float_as_uint(float x) { return emu_bits<unsigned>(x); }

// Atomics on integers. Blocks run on several host threads, so these are real atomics; there are none on floats, because
// their order is unspecified and shipped kernels give the same bits for the same input.
template <class T, class V>
T atomicAdd(T* p, V v) {
  static_assert(std::is_integral_v<T>);
  return __atomic_fetch_add(p, static_cast<T>(v), __ATOMIC_RELAXED);
}
template <class T, class V>
T atomicOr(T* p, V v) {
  return __atomic_fetch_or(p, static_cast<T>(v), __ATOMIC_RELAXED);
}
template <class T, class V>
T atomicExch(T* p, V v) {
  return __atomic_exchange_n(p, static_cast<T>(v), __ATOMIC_RELAXED);
}
template <class T>
T atomicCAS(T* p, T expected, T wanted) {
  __atomic_compare_exchange_n(p, &expected, wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return expected;
}
template <class T, class V>
T atomicMax(T* p, V v) {
  T seen = __atomic_load_n(p, __ATOMIC_RELAXED);
  while (seen < static_cast<T>(v) &&
         !__atomic_compare_exchange_n(p, &seen, static_cast<T>(v), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return seen;
}
template <class T, class V>
T atomicMin(T* p, V v) {
  T seen = __atomic_load_n(p, __ATOMIC_RELAXED);
  while (static_cast<T>(v) < seen &&
         !__atomic_compare_exchange_n(p, &seen, static_cast<T>(v), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return seen;
}

#define EMU_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(EMU_SITE) { emu::barrier("__syncthreads", {file, line}); }
inline int __syncthreads_count(int predicate, EMU_SITE) {
  return emu::barrier("__syncthreads_count", {file, line}, predicate != 0);
}
inline int __syncthreads_or(int predicate, EMU_SITE) {
  return emu::barrier("__syncthreads_or", {file, line}, predicate != 0) != 0;
}
inline int __syncthreads_and(int predicate, EMU_SITE) {
  return emu::barrier("__syncthreads_and", {file, line}, predicate == 0) == 0;
}
inline void __threadfence() {}
inline void __threadfence_block() {}

#include "warp.h"
