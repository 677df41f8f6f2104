# Compiler settings for all native code.
#   -DACUITY_SANITIZE=address,undefined   builds with those sanitizers, for the native tests

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")

# Reports name kernels/relu.cu, not where this folder was when it was built.
add_compile_options(-Wall -Wextra -Werror=return-type -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)

set(ACUITY_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize takes them")
if(ACUITY_SANITIZE)
  # With checks after every operation of its unrolled loops, GCC 12 takes 3 s for isa/plain.cpp at -O1 and over ten minutes at -O3.
  set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g1")
  add_compile_options(-fsanitize=${ACUITY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ACUITY_SANITIZE})
endif()
