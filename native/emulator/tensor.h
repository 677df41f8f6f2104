// The tensor core operations of kernels/include/mma.cuh, lane by lane.
#pragma once

#include "thread.h"

namespace emu {

// bf16 bits of value, rounded to nearest even; NaN stays NaN.
uint16_t bf16_bits(float value);

// ldmatrix: each lane gives a row of eight 16-bit values and gets its part of four 8x8 matrices.
void load_matrices(const char* name, uint32_t (&r)[4], const void* row, bool transposed, Site site);

// mma.m16n8k16 on bf16: sums in fp32 in order of k. A GPU's order is unspecified: compare with a tolerance.
void multiply_fragments(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], Site site);

}  // namespace emu
