#include "platform/system_events.h"

#import <Foundation/Foundation.h>
#include <dispatch/dispatch.h>

#include <utility>

namespace stemwright::platform {

struct SystemEvents::State {
  dispatch_queue_t queue;
  dispatch_source_t pressure;
  NSArray<id<NSObject>>* observers;
};

SystemEvents::SystemEvents(std::function<void()> onChange) : state_(std::make_unique<State>()) {
  state_->queue = dispatch_queue_create("stemwright.system-events", DISPATCH_QUEUE_SERIAL);
  state_->pressure =
      dispatch_source_create(DISPATCH_SOURCE_TYPE_MEMORYPRESSURE, 0,
                             DISPATCH_MEMORYPRESSURE_NORMAL | DISPATCH_MEMORYPRESSURE_WARN |
                                 DISPATCH_MEMORYPRESSURE_CRITICAL,
                             state_->queue);
  void (^tell)(void) = ^{
    onChange();
  };
  dispatch_source_set_event_handler(state_->pressure, tell);
  dispatch_resume(state_->pressure);
  NSMutableArray<id<NSObject>>* observers = [NSMutableArray array];
  const dispatch_queue_t queue = state_->queue;
  for (NSNotificationName name in @[
         NSProcessInfoThermalStateDidChangeNotification,
         NSProcessInfoPowerStateDidChangeNotification
       ]) {
    [observers addObject:[NSNotificationCenter.defaultCenter addObserverForName:name
                                                                         object:nil
                                                                          queue:nil
                                                                     usingBlock:^(NSNotification*) {
                                                                       dispatch_async(queue, tell);
                                                                     }]];
  }
  state_->observers = observers;
}

SystemEvents::~SystemEvents() {
  for (id<NSObject> observer in state_->observers) {
    [NSNotificationCenter.defaultCenter removeObserver:observer];
  }
  dispatch_source_cancel(state_->pressure);
  // What is still on the queue ends before this returns.
  dispatch_sync(state_->queue, ^{
                });
}

}  // namespace stemwright::platform
