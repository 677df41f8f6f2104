// Cases of the embedding network's kernels, with their truth in double precision.
#pragma once

#include "cases.h"

namespace cases {

void add_embedding(std::vector<Case>& list);

}  // namespace cases
