// Everything but testing.hpp.
#pragma once

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/diagnostics.hpp>
#include <weft/error.hpp>
#include <weft/goroutine_local.hpp>
#include <weft/net.hpp>
#include <weft/runtime.hpp>
#include <weft/select.hpp>
#include <weft/source_location.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>
