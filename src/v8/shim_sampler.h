// The C face of V8's sampling heap profiler, as shim.h is of the rest: fixed-width
// integers and pointers only, mirrored by ffi_sampler.rs, deciding nothing.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// v8::AllocationProfile::Allocation: objects of one size.
typedef struct mw_allocation {
  uint64_t size;
  uint32_t count;
  uint32_t reserved;
} mw_allocation;

// One call in the profile's tree. The pointers are into the profile.
typedef struct mw_call {
  void* name;         // a napi_value, good in the scope the profile was taken in
  void* script_name;  // the same; null where there is none
  const void* const* callees;
  const mw_allocation* allocations;
  size_t callee_count;
  size_t allocation_count;
  uint32_t id;
  int32_t script_id;
  int32_t start_position;
  int32_t line;
  int32_t column;
  uint32_t reserved;
} mw_call;

// 0 when a sampler runs already. `flags` are V8's; one that a V8 does not know it leaves out of account.
uint32_t mw_sampler_start(void* isolate, uint64_t interval, int32_t depth, int32_t flags);
void mw_sampler_stop(void* isolate);

// Null when no sampler runs. Makes handles in the scope that is open.
void* mw_profile_take(void* isolate);
void mw_profile_delete(void* profile);
const void* mw_profile_root(void* profile);
void mw_profile_call(const void* call, mw_call* out);
// v8::AllocationProfile::Sample, one after another; how long one is depends on V8's version.
const uint8_t* mw_profile_samples(void* profile, size_t* bytes);

// Where a function begins, as the profile has it: its script, 0 for what has none, and line and column from 1.
// `napi_value` is a function.
int32_t mw_function_place(void* napi_value, int32_t* line, int32_t* column);
// What a function is bound to call, as a napi_value in the scope that is open; undefined where it is not bound.
void* mw_bound_function(void* napi_value);

// V8's version, as "11.3.244.8-node.33".
const char* mw_v8_version(void);

#ifdef __cplusplus
}
#endif
