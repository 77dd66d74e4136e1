// The V8 calls behind shim_code.h, each on its own. Decides nothing. The same rules as in shim.cc: only names that Node 18
// to 26 all have, nothing of the C++ library that is not inline.
#include "shim_code.h"

#if defined(__linux__) && defined(__x86_64__) && defined(__GLIBC__)

#include <v8.h>

namespace {

using v8::Isolate;
using v8::JitCodeEvent;

static_assert(JitCodeEvent::CODE_ADDED == 0, "event types moved");
static_assert(JitCodeEvent::CODE_MOVED == 1, "event types moved");
static_assert(JitCodeEvent::CODE_REMOVED == 2, "event types moved");

// Written before the first event, and never again.
mw_code_callback code_callback = nullptr;

void OnCode(const JitCodeEvent* event) {
  const auto start = reinterpret_cast<uintptr_t>(event->code_start);
  switch (event->type) {
    case JitCodeEvent::CODE_ADDED:
      code_callback(event->isolate, 0, start, event->code_len, 0, event->name.str, event->name.len);
      break;
    case JitCodeEvent::CODE_MOVED:
      code_callback(event->isolate, 1, start, event->code_len,
                    reinterpret_cast<uintptr_t>(event->new_code_start), nullptr, 0);
      break;
    case JitCodeEvent::CODE_REMOVED:
      code_callback(event->isolate, 2, start, event->code_len, 0, nullptr, 0);
      break;
    // Lines inside of functions: not asked for.
    default:
      break;
  }
}

}  // namespace

void mw_code_events_to(mw_code_callback callback) { code_callback = callback; }

void mw_code_events_start(void* isolate) {
  static_cast<Isolate*>(isolate)->SetJitCodeEventHandler(v8::kJitCodeEventEnumExisting, OnCode);
}

void mw_code_events_stop(void* isolate) {
  static_cast<Isolate*>(isolate)->SetJitCodeEventHandler(v8::kJitCodeEventDefault, nullptr);
}

#endif
