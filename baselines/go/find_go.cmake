# Finds a Go on this machine that is new enough.
#
#   weft_find_go(<least> <program variable> <reason variable>)
#
# The first is set empty, and the second says why, when there is none.
function(weft_find_go least program_variable reason_variable)
    file(GLOB candidates /usr/lib/go-*/bin/go /usr/local/go/bin/go)
    find_program(WEFT_GO NAMES go DOC "The Go toolchain of the Go contender")
    if(WEFT_GO)
        # The one that the user would get wins.
        set(candidates "${WEFT_GO}" ${candidates})
    endif()

    set(too_old "")
    foreach(candidate IN LISTS candidates)
        execute_process(
            COMMAND "${CMAKE_COMMAND}" -E env GOTOOLCHAIN=local "${candidate}" env GOVERSION
            OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
            RESULT_VARIABLE failed)
        string(REGEX MATCH "[0-9]+\\.[0-9]+(\\.[0-9]+)?" version "${version}")
        if(failed OR NOT version)
            continue()
        endif()
        if(version VERSION_GREATER_EQUAL least)
            message(STATUS "Go ${version}: ${candidate}")
            set(${program_variable} "${candidate}" PARENT_SCOPE)
            set(${reason_variable} "" PARENT_SCOPE)
            return()
        endif()
        set(too_old "only Go ${version} was found: ")
    endforeach()

    if(NOT too_old)
        set(too_old "no Go toolchain was found: ")
    endif()
    set(${program_variable} "" PARENT_SCOPE)
    set(${reason_variable} "${too_old}install Go ${least} or newer" PARENT_SCOPE)
endfunction()
