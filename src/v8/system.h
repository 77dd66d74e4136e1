// What the shim needs of the operating system: a function of the program by its name, and the
// time that a thread has run. The only file with a path for each system; knows nothing of V8.
#ifndef MEMWATCH_SYSTEM_H
#define MEMWATCH_SYSTEM_H

#include <stdint.h>

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

// The compilers of Windows and of all others write one name differently.
#define MW_NAME(itanium, microsoft) microsoft

// V8 is in the program itself, or in a library beside it where one is used.
inline void* FindFunction(const char* name) {
  for (const char* module : {static_cast<const char*>(nullptr), "node.dll", "libnode.dll"}) {
    const HMODULE handle = GetModuleHandleA(module);
    const FARPROC found = handle != nullptr ? GetProcAddress(handle, name) : nullptr;
    if (found != nullptr) return reinterpret_cast<void*>(found);
  }
  return nullptr;
}

// Nanoseconds; 0 where the system does not tell.
inline uint64_t ThreadCpuNs() {
  FILETIME created, ended, kernel, user;
  if (GetThreadTimes(GetCurrentThread(), &created, &ended, &kernel, &user) == 0) return 0;
  const auto ticks = [](const FILETIME& time) {
    return static_cast<uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
  };
  return (ticks(kernel) + ticks(user)) * 100;
}

#else

#include <dlfcn.h>
#include <time.h>

#define MW_NAME(itanium, microsoft) itanium

inline void* FindFunction(const char* name) { return dlsym(RTLD_DEFAULT, name); }

// Nanoseconds; 0 where the system does not tell.
inline uint64_t ThreadCpuNs() {
  timespec now;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) return 0;
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

#endif

#endif  // MEMWATCH_SYSTEM_H
