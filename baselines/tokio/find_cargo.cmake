# Finds a cargo that is new enough, and sees to it that the locked crates can be had. Nothing here
# waits for long, and nothing fails: what cannot be had is a reason.
#
#   weft_find_cargo(<least> <program variable> <host variable> <reason variable>)
#   weft_fetch_crates(<cargo> <host> <folder> <reason variable>)
#
# A reason is empty when all is well.
set(WEFT_CARGO_ENVIRONMENT "${CMAKE_COMMAND}" -E env
    RUSTFLAGS= CARGO_NET_RETRY=0 CARGO_HTTP_TIMEOUT=10 CARGO_TERM_PROGRESS_WHEN=never)

function(weft_find_cargo least program_variable host_variable reason_variable)
    find_program(WEFT_CARGO NAMES cargo HINTS "$ENV{HOME}/.cargo/bin"
                 DOC "The cargo of the Tokio contender")
    set(reason "no cargo was found: install Rust ${least} or newer")
    if(WEFT_CARGO)
        execute_process(COMMAND "${WEFT_CARGO}" --version --verbose TIMEOUT 20
            OUTPUT_VARIABLE about ERROR_QUIET RESULT_VARIABLE failed)
        string(REGEX MATCH "release: ([0-9.]+)" version "${about}")
        set(version "${CMAKE_MATCH_1}")
        string(REGEX MATCH "host: ([^\n]+)" host "${about}")
        set(host "${CMAKE_MATCH_1}")
        if(failed OR NOT host)
            set(reason "cargo does not run: install Rust ${least} or newer")
        elseif(version VERSION_LESS least)
            set(reason "only Rust ${version} was found: install Rust ${least} or newer")
        else()
            message(STATUS "Cargo ${version}: ${WEFT_CARGO}")
            set(reason "")
        endif()
    endif()
    set(${program_variable} "${WEFT_CARGO}" PARENT_SCOPE)
    set(${host_variable} "${host}" PARENT_SCOPE)
    set(${reason_variable} "${reason}" PARENT_SCOPE)
endfunction()

# Asks cargo's own store first, and then once the registry that cargo is set up with.
function(weft_ask_cargo folder result_variable)
    foreach(offline --offline "")
        execute_process(COMMAND ${WEFT_CARGO_ENVIRONMENT} ${ARGN} ${offline}
            WORKING_DIRECTORY "${folder}" TIMEOUT 90 OUTPUT_QUIET ERROR_QUIET
            RESULT_VARIABLE failed)
        if(NOT failed)
            break()
        endif()
    endforeach()
    set(${result_variable} "${failed}" PARENT_SCOPE)
endfunction()

# The committed lock file pins every crate's version and checksum and leaves open the registry's
# name, which cargo writes into each entry: it comes from a lock file that cargo makes itself.
function(weft_fetch_crates cargo host folder reason_variable)
    set(lock "${folder}/Cargo.lock")
    set(failed "")
    if(NOT WEFT_CARGO_REGISTRY)
        file(REMOVE "${lock}")
        weft_ask_cargo("${folder}" failed "${cargo}" generate-lockfile)
        if(NOT failed)
            file(STRINGS "${lock}" sources REGEX "^source = " LIMIT_COUNT 1)
            string(REGEX REPLACE "^source = \"(.*)\"$" "\\1" source "${sources}")
            set(WEFT_CARGO_REGISTRY "${source}" CACHE INTERNAL "What cargo calls its registry")
        endif()
    endif()
    if(NOT failed)
        set(registry "${WEFT_CARGO_REGISTRY}")
        configure_file(Cargo.lock.in "${lock}" @ONLY)
        weft_ask_cargo("${folder}" failed "${cargo}" fetch --locked --target "${host}")
    endif()
    set(reason "")
    if(failed)
        set(reason "its crates are neither in the store of cargo nor to be had from the registry")
    endif()
    set(${reason_variable} "${reason}" PARENT_SCOPE)
endfunction()
