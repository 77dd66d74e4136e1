// What the shim uses of V8's public headers, declared again for Microsoft's ABI: so that it can be compiled for
// Windows without Microsoft's C++ library, which V8's own headers need. Names, signatures and the order of
// virtual functions are those of Node 18 to 26; `npm run test:symbols` checks that node.exe exports each name.
// Nothing here has code of its own but what reads a pointer.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Not for the check of these declarations against V8's own headers (scripts/symbols/declarations.mjs).
#ifndef MW_IMPORT
#define MW_IMPORT __declspec(dllimport)
#endif

namespace v8 {

class AllocationProfile;
class Function;
class HeapGraphNode;
class HeapProfiler;
class HeapSnapshot;
class Isolate;
class String;
class Value;

// One pointer. With a constructor, so that this ABI returns it through a hidden pointer, as it does V8's.
template <class T>
class Local {
 public:
  Local() : slot_(nullptr) {}
  template <class S>
  Local(const Local<S>& other) : slot_(other.slot_) {}
  T* operator->() const { return static_cast<T*>(slot_); }

 private:
  template <class S>
  friend class Local;
  void* slot_;
};

// std::vector in a release build of Microsoft's library: begin, end of the elements, end of the room.
template <class T>
class Vector {
 public:
  const T* data() const { return begin_; }
  size_t size() const { return static_cast<size_t>(end_ - begin_); }

 private:
  T* begin_;
  T* end_;
  T* room_;
};

// Smaller than the buffer of the shim in every version; its fields are read by offset.
class HeapStatistics {
  size_t fields_[15];
};

enum GCType { kGCTypeScavenge = 1, kGCTypeMinorMarkSweep = 2, kGCTypeMarkSweepCompact = 4, kGCTypeAll = 31 };
enum GCCallbackFlags { kNoGCCallbackFlags = 0 };
enum class MemoryPressureLevel { kNone, kModerate, kCritical };
using NearHeapLimitCallback = size_t (*)(void* data, size_t current_limit, size_t initial_limit);
using InterruptCallback = void (*)(Isolate* isolate, void* data);

class OutputStream {
 public:
  enum WriteResult { kContinue = 0, kAbort = 1 };
  virtual ~OutputStream() = default;
  virtual void EndOfStream() = 0;
  virtual int GetChunkSize() { return 1024; }
  virtual WriteResult WriteAsciiChunk(char* bytes, int count) = 0;
  virtual WriteResult WriteHeapStatsChunk(void*, int) { return kAbort; }
};

class ActivityControl {
 public:
  enum ControlOption { kContinue = 0, kAbort = 1 };
  virtual ~ActivityControl() = default;
  virtual ControlOption ReportProgressValue(uint32_t done, uint32_t total) = 0;
};

class Isolate {
 public:
  using GCCallbackWithData = void (*)(Isolate* isolate, GCType type, GCCallbackFlags flags, void* data);
  MW_IMPORT static Isolate* TryGetCurrent();
  MW_IMPORT void GetHeapStatistics(HeapStatistics* statistics);
  MW_IMPORT HeapProfiler* GetHeapProfiler();
  MW_IMPORT void AddGCPrologueCallback(GCCallbackWithData callback, void* data, GCType filter);
  MW_IMPORT void AddGCEpilogueCallback(GCCallbackWithData callback, void* data, GCType filter);
  MW_IMPORT void RemoveGCPrologueCallback(GCCallbackWithData callback, void* data);
  MW_IMPORT void RemoveGCEpilogueCallback(GCCallbackWithData callback, void* data);
  MW_IMPORT void LowMemoryNotification();
  MW_IMPORT void MemoryPressureNotification(MemoryPressureLevel level);
  MW_IMPORT void AddNearHeapLimitCallback(NearHeapLimitCallback callback, void* data);
  MW_IMPORT void RemoveNearHeapLimitCallback(NearHeapLimitCallback callback, size_t heap_limit);
  MW_IMPORT void AutomaticallyRestoreInitialHeapLimit(double threshold_percent);
  MW_IMPORT void RequestInterrupt(InterruptCallback callback, void* data);
  MW_IMPORT bool IsExecutionTerminating();
};

class Function {
 public:
  MW_IMPORT int GetScriptLineNumber() const;
  MW_IMPORT int GetScriptColumnNumber() const;
  MW_IMPORT int ScriptId() const;
  MW_IMPORT Local<Value> GetBoundFunction() const;
};

class Symbol {
 public:
  MW_IMPORT static Local<Symbol> GetIterator(Isolate* isolate);
};

class V8 {
 public:
  MW_IMPORT static const char* GetVersion();
};

}  // namespace v8
