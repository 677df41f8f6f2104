# Targets format and format_check, where clang-format is found.
find_program(CLANG_FORMAT clang-format)
file(GLOB_RECURSE ACUITY_FORMATTED CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/native/*.h ${CMAKE_SOURCE_DIR}/native/*.cpp ${CMAKE_SOURCE_DIR}/native/*.inl
  ${CMAKE_SOURCE_DIR}/kernels/*.cu ${CMAKE_SOURCE_DIR}/kernels/*.cuh ${CMAKE_SOURCE_DIR}/native/*.cu)
if(CLANG_FORMAT)
  add_custom_target(format COMMAND ${CLANG_FORMAT} -i ${ACUITY_FORMATTED} COMMENT "clang-format")
  add_custom_target(format_check COMMAND ${CLANG_FORMAT} --dry-run -Werror ${ACUITY_FORMATTED}
    COMMENT "clang-format, check only")
else()
  message(STATUS "clang-format not found: no targets format and format_check")
endif()
