// Cases of the kernels of sparse attention.
#pragma once

#include "cases.h"

namespace cases {

void add_sparse(std::vector<Case>& list);

}  // namespace cases
