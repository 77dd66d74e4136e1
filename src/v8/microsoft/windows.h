// What system.h uses of <windows.h> and, with it, of the C++ library.
#pragma once

typedef unsigned long DWORD;
typedef void* HANDLE;
typedef void* HMODULE;
typedef long long (*FARPROC)();
struct FILETIME {
  DWORD dwLowDateTime;
  DWORD dwHighDateTime;
};

extern "C" {
__declspec(dllimport) HMODULE GetModuleHandleA(const char* name);
__declspec(dllimport) FARPROC GetProcAddress(HMODULE module, const char* name);
__declspec(dllimport) int GetThreadTimes(HANDLE thread, FILETIME* created, FILETIME* ended, FILETIME* kernel,
                                         FILETIME* user);
__declspec(dllimport) HANDLE GetCurrentThread();
}

namespace std {
// What the compiler makes of braces in a range-based for.
template <class T>
class initializer_list {
 public:
  constexpr const T* begin() const { return begin_; }
  constexpr const T* end() const { return end_; }

 private:
  const T* begin_;
  const T* end_;
};
}  // namespace std
