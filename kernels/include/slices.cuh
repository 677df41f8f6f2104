// Sums in parts are added in two levels, both in order: the parts of each of 4 slices, then the slices. So one block of
// threads may form a whole slice with the bits of many blocks that form a part each.
#pragma once

#include "common.cuh"

struct Slices {
  int parts;

  __host__ __device__ int count() const { return parts < 4 ? parts : 4; }
  // The first part of a slice, and that behind the last of the slice before.
  __host__ __device__ int first(int slice) const { return parts * slice / count(); }
};
