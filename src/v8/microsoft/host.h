// Binds what the addon calls of V8 and libuv by name when it loads, on Windows where the addon is linked without
// Microsoft's tools. An import library would name one program, node.exe: a renamed Node or one that brings V8 in a DLL
// would then be refused by the system's loader without a reason. Calls none of the functions.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Null when all are bound; else the name of the first that the program does not export, and nothing may be called then.
// Any thread may call it, and again.
const char* mw_host_bind(void);

#ifdef __cplusplus
}
#endif
