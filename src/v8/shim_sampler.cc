// The V8 calls behind shim_sampler.h, each on its own. Decides nothing. The same rules
// as in shim.cc: only names that Node 18 to 26 all have, nothing of the C++ library
// that is not inline.
#include "shim_sampler.h"

#include <string.h>

#include <v8-profiler.h>
#include <v8.h>

namespace {

using v8::AllocationProfile;
using v8::Isolate;

static_assert(sizeof(AllocationProfile::Allocation) == sizeof(mw_allocation), "an allocation changed");
static_assert(offsetof(AllocationProfile::Allocation, count) == offsetof(mw_allocation, count),
              "an allocation changed");
// The declarations for Windows (microsoft/) are compared with V8's own by these.
static_assert(offsetof(AllocationProfile::Node, script_id) == 16, "a call changed");
static_assert(offsetof(AllocationProfile::Node, node_id) == 32, "a call changed");
static_assert(offsetof(AllocationProfile::Node, children) == 40, "a call changed");
static_assert(offsetof(AllocationProfile::Node, allocations) == 64, "a call changed");
static_assert(sizeof(AllocationProfile::Node) == 88, "a call changed");
static_assert(offsetof(AllocationProfile::Sample, size) == 8, "a sample changed");
static_assert(offsetof(AllocationProfile::Sample, count) == 16, "a sample changed");
static_assert(offsetof(AllocationProfile::Sample, sample_id) == 24, "a sample changed");

template <typename T>
void* Bits(v8::Local<T> local) {
  void* value;
  static_assert(sizeof value == sizeof local, "a Local must be one pointer, as a napi_value is");
  memcpy(&value, &local, sizeof value);
  return value;
}

v8::Local<v8::Function> AsFunction(void* napi_value) {
  v8::Local<v8::Function> function;
  memcpy(static_cast<void*>(&function), &napi_value, sizeof function);
  return function;
}

}  // namespace

uint32_t mw_sampler_start(void* isolate, uint64_t interval, int32_t depth, int32_t flags) {
  return static_cast<Isolate*>(isolate)->GetHeapProfiler()->StartSamplingHeapProfiler(
      interval, depth, static_cast<v8::HeapProfiler::SamplingFlags>(flags));
}

void mw_sampler_stop(void* isolate) {
  static_cast<Isolate*>(isolate)->GetHeapProfiler()->StopSamplingHeapProfiler();
}

void* mw_profile_take(void* isolate) {
  return static_cast<Isolate*>(isolate)->GetHeapProfiler()->GetAllocationProfile();
}

void mw_profile_delete(void* profile) { delete static_cast<AllocationProfile*>(profile); }

const void* mw_profile_root(void* profile) {
  return static_cast<AllocationProfile*>(profile)->GetRootNode();
}

void mw_profile_call(const void* call, mw_call* out) {
  const auto* node = static_cast<const AllocationProfile::Node*>(call);
  out->name = Bits(node->name);
  out->script_name = Bits(node->script_name);
  out->callees = reinterpret_cast<const void* const*>(node->children.data());
  out->allocations = reinterpret_cast<const mw_allocation*>(node->allocations.data());
  out->callee_count = node->children.size();
  out->allocation_count = node->allocations.size();
  out->id = node->node_id;
  out->script_id = node->script_id;
  out->start_position = node->start_position;
  out->line = node->line_number;
  out->column = node->column_number;
  out->reserved = 0;
}

const uint8_t* mw_profile_samples(void* profile, size_t* bytes) {
  const auto& samples = static_cast<AllocationProfile*>(profile)->GetSamples();
  const auto* begin = reinterpret_cast<const uint8_t*>(samples.data());
  *bytes = static_cast<size_t>(reinterpret_cast<const uint8_t*>(samples.data() + samples.size()) - begin);
  return begin;
}

int32_t mw_function_place(void* napi_value, int32_t* line, int32_t* column) {
  v8::Local<v8::Function> function = AsFunction(napi_value);
  // V8 counts from 0 here, and answers -1 for what has no place.
  *line = function->GetScriptLineNumber() + 1;
  *column = function->GetScriptColumnNumber() + 1;
  return function->ScriptId();
}

void* mw_bound_function(void* napi_value) { return Bits(AsFunction(napi_value)->GetBoundFunction()); }

const char* mw_v8_version(void) { return v8::V8::GetVersion(); }
