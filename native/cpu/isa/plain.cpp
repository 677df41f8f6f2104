#define ACUITY_PLAIN
#define ACUITY_SET plain
#include "table.h"

namespace acuity::cpu {

const Isa isa_plain = plain::table("plain");

}  // namespace acuity::cpu
