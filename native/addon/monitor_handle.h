#pragma once

#include <napi.h>

#include <memory>

#include "session/monitor.h"

namespace stemwright::addon {

/// The JS object Monitor: sound that plays. [js-thread]
class MonitorHandle : public Napi::ObjectWrap<MonitorHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  /// openMonitor(spec)
  static Napi::Value open(const Napi::CallbackInfo& info);
  /// audioDevices()
  static Napi::Value devices(const Napi::CallbackInfo& info);
  /// audioDeviceChanges()
  static Napi::Value deviceChanges(const Napi::CallbackInfo& info);

  /// Made by JS itself, it is a closed one.
  explicit MonitorHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

 private:
  Napi::Value info(const Napi::CallbackInfo& info);
  Napi::Value load(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  void unload(const Napi::CallbackInfo& info);
  void play(const Napi::CallbackInfo& info);
  void pause(const Napi::CallbackInfo& info);
  void seek(const Napi::CallbackInfo& info);
  void loop(const Napi::CallbackInfo& info);
  Napi::Value setTimePitch(const Napi::CallbackInfo& info);
  void setStrip(const Napi::CallbackInfo& info);
  void setMaster(const Napi::CallbackInfo& info);
  void setInput(const Napi::CallbackInfo& info);
  void setFinished(const Napi::CallbackInfo& info);
  void refresh(const Napi::CallbackInfo& info);
  void resetCounters(const Napi::CallbackInfo& info);
  Napi::Value setEffect(const Napi::CallbackInfo& info);
  Napi::Value measureEffect(const Napi::CallbackInfo& info);
  void removeEffect(const Napi::CallbackInfo& info);
  void setSend(const Napi::CallbackInfo& info);
  Napi::Value measureLatency(const Napi::CallbackInfo& info);
  Napi::Value meters(const Napi::CallbackInfo& info);
  Napi::Value readOutput(const Napi::CallbackInfo& info);
  void setPace(const Napi::CallbackInfo& info);

  session::Monitor& monitor() const;
  void check(const core::Status& status) const;

  std::shared_ptr<session::Monitor> monitor_;
};

}  // namespace stemwright::addon
