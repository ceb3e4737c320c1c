#pragma once

#include <fstream>
#include <string>

namespace stemwright::testing {

/// What a host took of this virtual machine's processors so far, in ticks of /proc/stat. Some
/// kernels charge that to the thread that ran, so that its own time says nothing of it then. 0
/// where nothing tells.
inline long long stolenTicks() {
  std::ifstream stat("/proc/stat");
  std::string name;
  long long user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, stolen = 0;
  stat >> name >> user >> nice >> system >> idle >> wait >> irq >> softirq >> stolen;
  return stat ? stolen : 0;
}

}  // namespace stemwright::testing
