// The least that a heap snapshot can cost: V8's own TakeHeapSnapshot, called and
// nothing else. It reads nothing of a snapshot, serialises nothing, and is no part
// of the package.
#include <node_api.h>
#include <v8-profiler.h>
#include <v8.h>

#include <vector>

namespace {

std::vector<const v8::HeapSnapshot*> kept;

// take(): takes a snapshot, keeps it and returns its number of nodes.
napi_value Take(napi_env env, napi_callback_info) {
  const v8::HeapSnapshot* snapshot = v8::Isolate::GetCurrent()->GetHeapProfiler()->TakeHeapSnapshot();
  if (snapshot == nullptr) {
    napi_throw_error(env, "ERR_BENCH_SNAPSHOT", "V8 took no heap snapshot");
    return nullptr;
  }
  kept.push_back(snapshot);
  napi_value count = nullptr;
  napi_create_int32(env, snapshot->GetNodesCount(), &count);
  return count;
}

// drop(): deletes all snapshots that are kept.
napi_value Drop(napi_env, napi_callback_info) {
  for (const v8::HeapSnapshot* snapshot : kept) const_cast<v8::HeapSnapshot*>(snapshot)->Delete();
  kept.clear();
  return nullptr;
}

void Export(napi_env env, napi_value exports, const char* name, napi_callback function) {
  napi_value value = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
  napi_set_named_property(env, exports, name, value);
}

}  // namespace

NAPI_MODULE_INIT() {
  Export(env, exports, "take", Take);
  Export(env, exports, "drop", Drop);
  return exports;
}
