// The C face of what V8 says about code, as shim.h is of the rest: mirrored by code_events.rs, deciding nothing. On Linux
// x64 with glibc alone; elsewhere nobody calls it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What has happened to code: type is v8::JitCodeEvent::EventType, of those that have to do with addresses. `to` is where
// code has moved, name what it is called; both only where they belong to the type. From any thread of V8's.
typedef void (*mw_code_callback)(void* isolate, uint32_t type, uintptr_t start, size_t length, uintptr_t to,
                                 const char* name, size_t name_length);

// One for the process, set before the first start.
void mw_code_events_to(mw_code_callback callback);
// V8 says what code there is, and all that comes, until mw_code_events_stop. It has one handler an isolate: one that
// somebody else has set gets nothing any more.
void mw_code_events_start(void* isolate);
void mw_code_events_stop(void* isolate);

#ifdef __cplusplus
}
#endif
