#pragma once

#include <napi.h>

#include "addon/arguments.h"
#include "session/monitor.h"

namespace stemwright::addon {

/// Effects as engine/native.ts describes them. Each throws a TypeError for what is of another type.
/// [js-thread]
session::ConvolutionMode readConvolutionMode(const Argument& mode);
session::ResponseEdit readResponseEdit(const Argument& edit);
session::EffectRequest readEffect(const Argument& effect);
/// 'master', 'input', 'send' or the index of a track
std::size_t readStripName(const Argument& strip);
/// { strip, slot }
session::InsertPlace readPlace(const Argument& place);
Napi::Value placeToJs(Napi::Env env, const session::InsertPlace& place);
Napi::Value effectFactsToJs(Napi::Env env, const session::EffectFacts& facts);

}  // namespace stemwright::addon
