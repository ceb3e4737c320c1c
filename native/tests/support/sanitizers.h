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
