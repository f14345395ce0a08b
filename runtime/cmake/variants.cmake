# The library with one decision taken otherwise, for the rows that show what the decision costs.
# None of these is installed, and none is built unless a program wants it.

# The whole library again, since the padding is in the headers.
foreach(range 16 64)
    set(variant weft_padding_${range})
    get_target_property(sources weft SOURCES)
    add_library(${variant} STATIC EXCLUDE_FROM_ALL ${sources})
    target_compile_features(${variant} PUBLIC cxx_std_20)
    target_compile_definitions(${variant} PUBLIC WEFT_FALSE_SHARING_RANGE=${range})
    target_compile_options(${variant} PRIVATE -fno-lto)
    target_include_directories(${variant} PUBLIC include PRIVATE src)
    target_link_libraries(${variant}
        PRIVATE weft_build_flags PUBLIC Threads::Threads Boost::context ${CMAKE_DL_LIBS})
endforeach()

# Only the switch: a program that links this object before the library has this one and not the
# library's, which nobody asks for any more.
add_library(weft_no_exception_state OBJECT EXCLUDE_FROM_ALL src/fiber/switch.cpp)
target_compile_definitions(weft_no_exception_state PUBLIC WEFT_UNSAVED_EXCEPTION_STATE)
target_compile_options(weft_no_exception_state PRIVATE -fno-lto)
target_include_directories(weft_no_exception_state PRIVATE src)
target_link_libraries(weft_no_exception_state PRIVATE weft_build_flags PUBLIC weft::weft)
