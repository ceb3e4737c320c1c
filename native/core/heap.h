#pragma once

namespace stemwright::core {

/// From now on blocks of a mebibyte and more go back to the system when they are freed. The C
/// library of Linux would raise that bound with each, and keep what threads that come and go have
/// freed: responses that are exchanged while a song plays left 100 MB behind that nobody used. For
/// the program that owns the process, once, before it computes.
void returnLargeBlocks() noexcept;

}  // namespace stemwright::core
