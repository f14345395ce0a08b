# The library with one decision taken otherwise, for the rows that show what the decision costs.
# None of these is installed, and none is built unless a program wants it.

# Only the switch: a program that links this object before the library has this one and not the
# library's, which nobody asks for any more.
add_library(weft_no_exception_state OBJECT EXCLUDE_FROM_ALL src/fiber/switch.cpp)
target_compile_definitions(weft_no_exception_state PUBLIC WEFT_UNSAVED_EXCEPTION_STATE)
target_compile_options(weft_no_exception_state PRIVATE -fno-lto)
target_include_directories(weft_no_exception_state PRIVATE src)
target_link_libraries(weft_no_exception_state PRIVATE weft_build_flags PUBLIC weft::weft)
