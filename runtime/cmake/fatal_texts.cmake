# What a program ends with, word for word against the real Go, where there is one.
find_package(Python3 COMPONENTS Interpreter REQUIRED)
find_program(WEFT_GO_COMMAND go HINTS /usr/local/go/bin /usr/lib/go-1.24/bin /usr/lib/go-1.19/bin)
if(NOT WEFT_GO_COMMAND OR WEFT_SANITIZE)
    return()
endif()

set(texts "${CMAKE_CURRENT_SOURCE_DIR}/src/sched/fatal_texts")
add_executable(fatal_texts_weft ${texts}/program.cpp)
target_link_libraries(fatal_texts_weft PRIVATE weft::weft weft_build_flags)
add_dependencies(weft_tests fatal_texts_weft)

set(go_texts "${CMAKE_CURRENT_BINARY_DIR}/fatal_texts/program")
add_custom_command(
    OUTPUT "${go_texts}"
    COMMAND ${CMAKE_COMMAND} -E env --unset=GOROOT GOENV=off GOFLAGS=-mod=mod GOPROXY=off
            GOTOOLCHAIN=local GOWORK=off GO111MODULE=off CGO_ENABLED=0
            "GOCACHE=${CMAKE_BINARY_DIR}/go/cache" "GOPATH=${CMAKE_BINARY_DIR}/go/path"
            "${WEFT_GO_COMMAND}" build -o "${go_texts}" "${texts}/program.go"
    DEPENDS "${texts}/program.go"
    VERBATIM)
add_custom_target(fatal_texts_go ALL DEPENDS "${go_texts}")
add_dependencies(weft_tests fatal_texts_go)

add_test(NAME fatal_texts_test
         COMMAND ${Python3_EXECUTABLE} ${texts}/compare.py $<TARGET_FILE:fatal_texts_weft>
                 ${go_texts})
set_tests_properties(fatal_texts_test PROPERTIES TIMEOUT 240)
