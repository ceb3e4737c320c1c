#pragma once

/// 1 in a program whose memory or threads a sanitizer watches.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEMWRIGHT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STEMWRIGHT_SANITIZED 1
#endif
#endif
#if !defined(STEMWRIGHT_SANITIZED)
#define STEMWRIGHT_SANITIZED 0
#endif

/// Before a function that one thread runs at length, such as a sum that others are compared with:
/// ThreadSanitizer leaves it alone, which would make it take a hundred times as long.
#if STEMWRIGHT_SANITIZED && !defined(_MSC_VER)
#define STEMWRIGHT_UNWATCHED_BY_TSAN __attribute__((no_sanitize("thread")))
#else
#define STEMWRIGHT_UNWATCHED_BY_TSAN
#endif
