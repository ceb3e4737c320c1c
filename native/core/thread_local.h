#pragma once

/// thread_local for what the audio thread touches: inside a loaded library the usual kind is
/// allocated at a thread's first access.
#if defined(__ELF__)
#define STEMWRIGHT_THREAD_LOCAL thread_local __attribute__((tls_model("initial-exec")))
#else
#define STEMWRIGHT_THREAD_LOCAL thread_local
#endif
