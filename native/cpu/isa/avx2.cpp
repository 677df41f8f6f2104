#define ACUITY_AVX2
#define ACUITY_SET avx2
#include "table.h"

namespace acuity::cpu {

const Isa isa_avx2 = {
    "avx2",       avx2::winograd<3>(), avx2::winograd<5>(), avx2::narrow(), {&avx2::product_rows, &avx2::product_outer},
    avx2::bank(), avx2::similarity()};

}  // namespace acuity::cpu
