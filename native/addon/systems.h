#pragma once

#include <napi.h>

namespace stemwright::addon {

/// The functions of electron/engine/native-systems.ts. [js-thread]
void defineDspSystems(Napi::Object systems);
void defineNetworkSystems(Napi::Object systems);
void defineGpuSystems(Napi::Object systems);

/// systems: what is not about songs.
Napi::Object makeSystems(Napi::Env env);

}  // namespace stemwright::addon
