// An addon of two faults as they are met, of which V8 knows nothing: decode() never frees what it allocates, and
// thumbnails() leaves memory that no other image can use. Node-API only.
//
//   cc -shared -fPIC -I "$(node -p 'path.resolve(process.execPath, "../../include/node")')" images.c -o images.node
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE_BYTES = 64 * 1024, THUMBNAIL_BYTES = 64, IMAGES_AT_ONCE = 4, KEPT = 1 << 20 };

static void *thumbnails[KEPT];
static uint32_t kept;

static unsigned char *pixels_of(uint32_t number) {
  unsigned char *pixels = malloc(IMAGE_BYTES);
  if (pixels != NULL) memset(pixels, (int)number, IMAGE_BYTES);
  return pixels;
}

// Leaks: the pixels are not freed.
static void decode_image(uint32_t number) { pixels_of(number); }

// Fragments: images that are decoded together shrink where they are. The allocator has the rest of each back, between two thumbnails, and the next image is a little larger than that.
static void keep_thumbnails(uint32_t number) {
  unsigned char *pixels[IMAGES_AT_ONCE];
  for (int index = 0; index < IMAGES_AT_ONCE; index++) pixels[index] = pixels_of(number);
  for (int index = 0; index < IMAGES_AT_ONCE; index++)
    if (pixels[index] != NULL) thumbnails[kept++ % KEPT] = realloc(pixels[index], THUMBNAIL_BYTES);
}

static napi_value call(napi_env env, napi_callback_info info, void (*work)(uint32_t)) {
  size_t count = 1;
  napi_value argument;
  uint32_t number = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) == napi_ok && count == 1)
    napi_get_value_uint32(env, argument, &number);
  work(number);
  return NULL;
}

static napi_value decode(napi_env env, napi_callback_info info) { return call(env, info, decode_image); }
static napi_value keep(napi_env env, napi_callback_info info) { return call(env, info, keep_thumbnails); }

NAPI_MODULE_INIT() {
  napi_property_descriptor functions[] = {
      {"decode", NULL, decode, NULL, NULL, NULL, napi_enumerable, NULL},
      {"thumbnails", NULL, keep, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, 2, functions);
  return exports;
}
