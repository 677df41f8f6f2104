// Cases of the convolutions in the bf16 mode.
#pragma once

#include <vector>

#include "cases.h"

namespace cases {

void add_bf16_convolutions(std::vector<Case>& list);

}  // namespace cases
