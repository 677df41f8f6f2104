// Cases of the frequency bank: its filters, the Haar transform.
#pragma once

#include "cases.h"

namespace cases {

void add_bank(std::vector<Case>& list);

}  // namespace cases
