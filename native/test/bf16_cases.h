// Launches of the kernels' bf16 forms: results against the definition on the rounded inputs.
#pragma once

#include "cases.h"

namespace cases {

void add_bf16(std::vector<Case>& list);

}  // namespace cases
