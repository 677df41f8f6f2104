// Asynchronous copies from global to shared memory, 16 bytes each (sm_80). They arrive at the wait for their group, and
// for the calling thread only: a barrier makes them visible to others.
#pragma once

#include "common.cuh"

#ifdef __CUDACC__

// Both addresses are multiples of 16. Without valid the 16 bytes become zero and global is not read.
__device__ __forceinline__ void cp_async16(void* shared, const void* global, bool valid) {
  unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(to), "l"(global), "r"(valid ? 16 : 0)
               : "memory");
}

// Closes the group of the copies issued since the last commit.
__device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }

// Waits until at most groups of the last groups are still under way.
template <int groups>
__device__ __forceinline__ void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(groups) : "memory");
}

#else

inline void cp_async16(void* shared, const void* global, bool valid, EMU_SITE) {
  emu::check_shared("cp.async", shared, 16, {file, line});
  if (valid) emu::check_aligned("cp.async", global, 16, {file, line});
  emu::copy_issue(shared, valid ? global : nullptr, 16);
}

inline void cp_async_commit() { emu::copy_commit(); }

template <int groups>
void cp_async_wait() {
  emu::copy_wait(groups);
}

#endif
