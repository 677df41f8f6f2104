# From each .cu: an emulated object for the C++ compiler; with nvcc a fatbin, and a PTX that drivers from 525 on accept.
#   -DACUITY_CUDA=OFF   does not look for nvcc. The target kernels_cuda makes the GPU code; it is not part of all.

file(GLOB ACUITY_KERNEL_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/*.cu)

# An object library of .cu files compiled as C++ against the emulator; further arguments are compile options.
function(acuity_emulated_kernels target files)
  set_source_files_properties(${files} PROPERTIES LANGUAGE CXX)
  add_library(${target} OBJECT ${files})
  target_compile_options(${target} PRIVATE -x c++ -ffp-contract=off ${ARGN})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/kernels/include ${CMAKE_SOURCE_DIR}/native/emulator)
endfunction()

set(ACUITY_CUDA AUTO CACHE STRING "AUTO: make GPU code where nvcc is found; OFF")
set(ACUITY_CUDA_TARGETS 80 86 89 90 CACHE STRING "compute capabilities to compile for")

add_custom_target(kernels_cuda)
if(ACUITY_CUDA STREQUAL "OFF")
  message(STATUS "GPU code: switched off (ACUITY_CUDA=OFF)")
  return()
endif()
find_program(NVCC nvcc HINTS ENV CUDA_HOME PATH_SUFFIXES bin PATHS /usr/local/cuda/bin)
if(NOT NVCC)
  message(STATUS "GPU code: nvcc not found, kernels are emulated only")
  return()
endif()
message(STATUS "GPU code: ${NVCC}; build it with the target kernels_cuda")

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
  list(APPEND ACUITY_CUDA_FILES ${base}.fatbin ${base}.ptx)
endforeach()
add_custom_target(kernels_cuda_files DEPENDS ${ACUITY_CUDA_FILES})
add_dependencies(kernels_cuda kernels_cuda_files)
