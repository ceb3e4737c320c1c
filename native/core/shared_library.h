#pragma once

namespace stemwright::core {

/// A library by its name, beside this program's own code or where the system looks; null when
/// there is none.
void* openLibrary(const char* name);
/// A function or variable that it, or a library that it needs, defines; null without.
void* symbolOf(void* library, const char* name);

}  // namespace stemwright::core
