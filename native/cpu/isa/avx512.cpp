#define ACUITY_AVX512
#define ACUITY_SET avx512
#include "table.h"

namespace acuity::cpu {

const Isa isa_avx512 = {"avx512",
                        avx512::winograd<3>(),
                        avx512::winograd<5>(),
                        avx512::narrow(),
                        {&avx512::product_rows, &avx512::product_outer},
                        avx512::bank(),
                        avx512::similarity()};

}  // namespace acuity::cpu
