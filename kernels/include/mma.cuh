// Tensor cores in bf16 with fp32 sums (sm_80): fragments are loaded by ldmatrix and multiplied by mma.m16n8k16.
// Lane l of the warp has group g = l / 4 and position t = l % 4 (PTX manual, "matrix fragments for mma.m16n8k16"):
//   a[0..3]  rows g, g + 8, g, g + 8; columns 2t, 2t, 2t + 8, 2t + 8 and the next: a 16 x 16, two bf16 a register
//   b[0..1]  rows 2t, 2t + 8 and the next; column g: b 16 x 8
//   d[0..3]  rows g, g, g + 8, g + 8; columns 2t, 2t + 1, 2t, 2t + 1: d 16 x 8
#pragma once

#include "bf16.cuh"

#ifdef __CUDACC__

// Four 8x8 matrices of 16-bit values: lane l gives the address (a multiple of 16) of row l % 8 of matrix l / 8, and
// gets in r[m] the values of row g, columns 2t and 2t + 1 of matrix m. All 32 lanes call it.
__device__ __forceinline__ void ldmatrix_x4(uint32_t (&r)[4], const void* row) {
  unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
}

// The same with each matrix transposed: r[m] has the values of rows 2t and 2t + 1, column g.
__device__ __forceinline__ void ldmatrix_x4_trans(uint32_t (&r)[4], const void* row) {
  unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
}

// d += a b. All 32 lanes call it.
__device__ __forceinline__ void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#else

inline void ldmatrix_x4(uint32_t (&r)[4], const void* row, EMU_SITE) {
  emu::load_matrices("ldmatrix.x4", r, row, false, {file, line});
}
inline void ldmatrix_x4_trans(uint32_t (&r)[4], const void* row, EMU_SITE) {
  emu::load_matrices("ldmatrix.x4.trans", r, row, true, {file, line});
}
inline void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], EMU_SITE) {
  emu::multiply_fragments(d, a, b, {file, line});
}

#endif
