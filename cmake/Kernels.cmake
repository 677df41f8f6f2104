# From each .cu: an emulated object for the C++ compiler; with nvcc a fatbin, and a PTX that drivers from 525 on accept.
# into the folder cuda, from where they go into the jar. kernels/sm90 has forms that one GPU alone can run; they are not emulated.
#   -DACUITY_CUDA=OFF       does not look for nvcc
#   -DACUITY_FATBINS=ON     makes fatbins beside the PTX; ./acuity build --cuda sets it
#   -DACUITY_CUDA_TARGETS   compute capabilities that get machine code in fatbins: "80;90"
# PTX is enough: every GPU from 8.0 on compiles it for itself, and it takes a second a file here, a fatbin one a capability. The
# target kernels_gpu makes what is switched on, kernels_cuda always both. Neither is part of all.

file(GLOB ACUITY_KERNEL_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/*.cu)

# An object library of .cu files compiled as C++ against the emulator; further arguments are compile options.
function(acuity_emulated_kernels target files)
  set_source_files_properties(${files} PROPERTIES LANGUAGE CXX)
  add_library(${target} OBJECT ${files})
  target_compile_options(${target} PRIVATE -x c++ -ffp-contract=off ${ARGN})
  target_compile_options(${target} PRIVATE -Wno-unknown-pragmas) # "pragma unroll" is nvcc's
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/kernels/include ${CMAKE_SOURCE_DIR}/native/emulator)
endfunction()

set(ACUITY_CUDA AUTO CACHE STRING "AUTO: make GPU code where nvcc is found; OFF")
set(ACUITY_CUDA_TARGETS 80 86 89 90 100 120 CACHE STRING "compute capabilities that get machine code")

option(ACUITY_FATBINS "make fatbins for kernels_gpu" OFF)

add_custom_target(kernels_gpu)
add_custom_target(kernels_cuda)
if(ACUITY_CUDA STREQUAL "OFF")
  message(STATUS "GPU code: switched off (ACUITY_CUDA=OFF)")
  file(REMOVE_RECURSE ${CMAKE_BINARY_DIR}/cuda)  # it would grow older than the kernels
  return()
endif()
find_program(NVCC nvcc HINTS ENV CUDA_HOME PATH_SUFFIXES bin PATHS /usr/local/cuda/bin)
if(NOT NVCC)
  message(STATUS "GPU code: nvcc not found, kernels are emulated only")
  file(REMOVE_RECURSE ${CMAKE_BINARY_DIR}/cuda)
  return()
endif()
message(STATUS "GPU code: ${NVCC}; fatbins ${ACUITY_FATBINS}")

set(generate)
foreach(capability IN LISTS ACUITY_CUDA_TARGETS)
  list(APPEND generate -gencode=arch=compute_${capability},code=sm_${capability})
endforeach()
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/cuda)
foreach(file IN LISTS ACUITY_KERNEL_FILES)
  get_filename_component(name ${file} NAME_WE)
  set(base ${CMAKE_BINARY_DIR}/cuda/${name})
  set(flags -O3 -std=c++17 -I${CMAKE_SOURCE_DIR}/kernels/include)
  add_custom_command(OUTPUT ${base}.fatbin
    COMMAND ${NVCC} ${flags} ${generate} --fatbin -MD -MF ${base}.d -MT ${base}.fatbin -o ${base}.fatbin ${file}
    DEPENDS ${file} DEPFILE ${base}.d COMMENT "nvcc ${name}.fatbin")
  # nvcc 13 writes PTX 9.0, which drivers before 580 refuse; the kernels use nothing newer than 8.0.
  add_custom_command(OUTPUT ${base}.ptx
    COMMAND ${NVCC} ${flags} -ptx -gencode=arch=compute_80,code=compute_80 -MD -MF ${base}.ptx.d -MT ${base}.ptx
            -o ${base}.ptx ${file}
    COMMAND sed -i "s/^\\.version .*/.version 8.0/" ${base}.ptx
    DEPENDS ${file} DEPFILE ${base}.ptx.d COMMENT "nvcc ${name}.ptx")
  list(APPEND ACUITY_FATBIN_FILES ${base}.fatbin)
  list(APPEND ACUITY_PTX_FILES ${base}.ptx)
endforeach()
# Forms for compute capability 9.0 alone; sm_90a's instructions are in PTX since 8.0.
file(GLOB ACUITY_HOPPER_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/sm90/*.cu)
foreach(file IN LISTS ACUITY_HOPPER_FILES)
  get_filename_component(name ${file} NAME_WE)
  set(base ${CMAKE_BINARY_DIR}/cuda/${name})
  set(flags -O3 -std=c++17 -I${CMAKE_SOURCE_DIR}/kernels/include)
  add_custom_command(OUTPUT ${base}.fatbin
    COMMAND ${NVCC} ${flags} -gencode=arch=compute_90a,code=sm_90a --fatbin -MD -MF ${base}.d -MT ${base}.fatbin
            -o ${base}.fatbin ${file}
    DEPENDS ${file} DEPFILE ${base}.d COMMENT "nvcc ${name}.fatbin")
  add_custom_command(OUTPUT ${base}.ptx
    COMMAND ${NVCC} ${flags} -ptx -gencode=arch=compute_90a,code=compute_90a -MD -MF ${base}.ptx.d -MT ${base}.ptx
            -o ${base}.ptx ${file}
    COMMAND sed -i "s/^\\.version .*/.version 8.0/" ${base}.ptx
    DEPENDS ${file} DEPFILE ${base}.ptx.d COMMENT "nvcc ${name}.ptx")
  list(APPEND ACUITY_FATBIN_FILES ${base}.fatbin)
  list(APPEND ACUITY_PTX_FILES ${base}.ptx)
  add_test(NAME registers_of_${name}
    COMMAND ${CMAKE_SOURCE_DIR}/kernels/sm90/registers.sh ${NVCC} ${file} ${base}.registers)
endforeach()
add_custom_target(kernels_ptx_files DEPENDS ${ACUITY_PTX_FILES})
add_custom_target(kernels_fatbin_files DEPENDS ${ACUITY_FATBIN_FILES})
add_dependencies(kernels_gpu kernels_ptx_files)
add_dependencies(kernels_cuda kernels_ptx_files kernels_fatbin_files)
if(ACUITY_FATBINS)
  add_dependencies(kernels_gpu kernels_fatbin_files)
else()
  file(GLOB stale ${CMAKE_BINARY_DIR}/cuda/*.fatbin)
  if(stale)
    file(REMOVE ${stale})
  endif()
endif()
