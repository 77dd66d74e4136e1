// What V8 does near the limit of its heap. As shim.h: decides nothing, never throws.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Gives the limit that is to hold from here on, in bytes; the present one to leave it.
typedef size_t (*mw_limit_callback)(void* data, size_t current, size_t initial);

// Of several callbacks V8 asks the one that was added last.
void mw_limit_add(void* isolate, mw_limit_callback callback, void* data);
// `limit` is what is to hold from here on, or a quarter beyond what is alive where that is more;
// 0 leaves the present one.
void mw_limit_remove(void* isolate, mw_limit_callback callback, size_t limit);
// Is called once, when JavaScript can be interrupted; runs none.
typedef void (*mw_limit_interrupt_callback)(void* isolate, void* data);
void mw_limit_interrupt(void* isolate, mw_limit_interrupt_callback callback, void* data);
// Whether JavaScript is being ended.
uint32_t mw_limit_is_terminating(void* isolate);
// The initial limit holds again once less than this share of it is in use.
void mw_limit_restore_below(void* isolate, double share);

#ifdef __cplusplus
}
#endif
