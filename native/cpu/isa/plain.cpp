#define ACUITY_PLAIN
#define ACUITY_SET plain
#include "table.h"

namespace acuity::cpu {

const Isa isa_plain = {"plain",
                       plain::winograd<3>(),
                       plain::winograd<5>(),
                       plain::narrow(),
                       {&plain::product_rows, &plain::product_outer},
                       plain::bank(),
                       plain::similarity()};

}  // namespace acuity::cpu
