# The guide's snippets are compiled.
set(weft_guide ${CMAKE_CURRENT_SOURCE_DIR}/docs/go_guide.md)
set(weft_guide_snippets ${CMAKE_CURRENT_BINARY_DIR}/go_guide.cpp)
add_custom_command(OUTPUT ${weft_guide_snippets}
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/docs/extract_snippets.py
            ${weft_guide} ${weft_guide_snippets}
    DEPENDS ${weft_guide} ${CMAKE_CURRENT_SOURCE_DIR}/docs/extract_snippets.py)
add_library(weft_guide_snippets OBJECT ${weft_guide_snippets})
target_include_directories(weft_guide_snippets PRIVATE docs)
target_link_libraries(weft_guide_snippets PRIVATE weft::weft weft_build_flags)
target_compile_options(weft_guide_snippets PRIVATE -O0
    -Wno-unused-variable -Wno-unused-but-set-variable -Wno-unused-function)

# `docs` is the reference as pages; it fails where a public declaration says nothing.
find_package(Doxygen QUIET)
if(DOXYGEN_FOUND)
    configure_file(docs/doxyfile.in doxyfile @ONLY)
    add_custom_target(docs COMMAND Doxygen::doxygen ${CMAKE_CURRENT_BINARY_DIR}/doxyfile)
endif()
