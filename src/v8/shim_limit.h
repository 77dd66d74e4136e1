// What V8 does near the limit of its heap. As shim.h: decides nothing, never throws.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Gives the limit that is to hold from here on, in bytes; the present one to leave it.
typedef size_t (*mw_limit_callback)(void* data, size_t current, size_t initial);

// Of several callbacks V8 asks the one that was added last.
void mw_limit_add(void* isolate, mw_limit_callback callback, void* data);
void mw_limit_remove(void* isolate, mw_limit_callback callback);
// The initial limit holds again once less than this share of it is in use.
void mw_limit_restore_below(void* isolate, double share);

#ifdef __cplusplus
}
#endif
