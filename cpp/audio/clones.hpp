// Loops that are built twice for x86-64, for any processor and for those with AVX2, of which the loader
// picks.
#pragma once

// Function multi-versioning needs the loader's ifunc, which musl does not have and sanitizers run too early
// for.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CHIME_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CHIME_CLONES
#endif
// For helpers of such functions, which have to be built with them.
#define CHIME_INLINE inline __attribute__((always_inline))
