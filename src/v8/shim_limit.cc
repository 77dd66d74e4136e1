// The V8 calls behind shim_limit.h. Decides nothing.
#include "shim_limit.h"

#include <v8.h>

extern "C" {

void mw_limit_add(void* isolate, mw_limit_callback callback, void* data) {
  static_cast<v8::Isolate*>(isolate)->AddNearHeapLimitCallback(callback, data);
}

void mw_limit_remove(void* isolate, mw_limit_callback callback, size_t limit) {
  static_cast<v8::Isolate*>(isolate)->RemoveNearHeapLimitCallback(callback, limit);
}

void mw_limit_interrupt(void* isolate, mw_limit_interrupt_callback callback, void* data) {
  static_cast<v8::Isolate*>(isolate)->RequestInterrupt(
      reinterpret_cast<v8::InterruptCallback>(callback), data);
}

uint32_t mw_limit_is_terminating(void* isolate) {
  return static_cast<v8::Isolate*>(isolate)->IsExecutionTerminating() ? 1 : 0;
}

void mw_limit_restore_below(void* isolate, double share) {
  static_cast<v8::Isolate*>(isolate)->AutomaticallyRestoreInitialHeapLimit(share);
}

}  // extern "C"
