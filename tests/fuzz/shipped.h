// What the fuzz targets share: the mappings that ship, and the end of a broken promise.
#pragma once

#include <cstdlib>
#include <iostream>
#include <utility>

#include "connector/mapping/mapping.h"

namespace dvcsync::fuzz {

inline void check(bool holds) {
    if (!holds) std::abort();
}

template <class T>
T loaded(Result<T> result) {
    if (!result) {
        std::cerr << result.error().message << '\n';
        std::abort();
    }
    return *std::move(result);
}

inline const mapping::MappingSet& mappings() {
    static const auto set =
        loaded(mapping::MappingSet::load(DVC_SOURCE_DIR "/mappings", "reference", "mapi-2024"));
    return set;
}

}  // namespace dvcsync::fuzz
