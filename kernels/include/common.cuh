// What every kernel includes. Under nvcc this is CUDA; any other compiler gets the emulator (native/emulator).
#pragma once

#ifdef __CUDACC__

#include <cstdint>

// KERNEL(name, block x, y, z[, bytes of dynamic shared memory]) after a kernel states its block and lists it in
// libacuity. One thread is one item; TILED_KERNEL(name, block x, y, z, items x, y, z[, bytes]) says how many items a
// block covers instead. The list of the host build serves GPU launches too, so nothing is left to do here.
#define KERNEL(...)
#define TILED_KERNEL(...)

// Dynamic shared memory as an array of T.
#define DYN_SHARED(T, name)                          \
  extern __shared__ __align__(16) char dyn_shared[]; \
  T* const name = reinterpret_cast<T*>(dyn_shared)

#else

#include "cuda_emu.h"

#define KERNEL(name, ...) KERNEL_WITH(name, __VA_ARGS__, 0, 0)
#define KERNEL_WITH(name, x, y, z, shared, ...) TILED_KERNEL(name, x, y, z, x, y, z, shared)
#define TILED_KERNEL(name, ...) TILED_KERNEL_WITH(name, __VA_ARGS__, 0, 0)
#define TILED_KERNEL_WITH(name, x, y, z, items_x, items_y, items_z, shared, ...)          \
  static const ::emu::Registration registration_of_##name({#name,                         \
                                                           __FILE__,                      \
                                                           ::emu::Bound<name>::signature, \
                                                           {x, y, z},                     \
                                                           {items_x, items_y, items_z},   \
                                                           shared,                        \
                                                           ::emu::Bound<name>::call});

#define DYN_SHARED(T, name) T* const name = static_cast<T*>(::emu::dynamic_shared())

#endif

// The number of the calling thread in a grid of one dimension.
__device__ __forceinline__ int64_t global_index() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
