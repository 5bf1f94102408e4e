// What the files of this module that use OpenSSL share. Not for other modules.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace dvcsync::audit {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;

inline const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* raw(char* bytes) {
    return reinterpret_cast<unsigned char*>(bytes);
}

// A cryptographic library that cannot work leaves nothing to go on with: the log would be written
// without the signatures that it is there for.
inline void require(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "dvcsync: stopped: %s\n", what);
    std::abort();
}

}  // namespace dvcsync::audit
