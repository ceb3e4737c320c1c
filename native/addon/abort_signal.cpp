#include "addon/abort_signal.h"

namespace stemwright::addon {

std::shared_ptr<core::CancelFlag> flagOf(const Argument& signal) {
  auto flag = std::make_shared<core::CancelFlag>();
  if (signal.isAbsent()) return flag;
  if (signal["aborted"].flag()) flag->request();
  const Napi::Object target = signal.object();
  const auto raise =
      Napi::Function::New(target.Env(), [flag](const Napi::CallbackInfo&) { flag->request(); });
  signal["addEventListener"].function().Call(target,
                                             {Napi::String::New(target.Env(), "abort"), raise});
  return flag;
}

}  // namespace stemwright::addon
