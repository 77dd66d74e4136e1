//! What native memory belongs to, as a program knows it: a stream of zlib, a TLS context. Told by the classes of C++ in the
//! stack, which say it also where JavaScript is not on the stack, as on libuv's pool. Where none of these is in it, nothing
//! is said; who made the object, and who keeps it, is not known here.

/// Parts of names, and what has them. An earlier row is more exact than a later one.
const OBJECTS: [(&str, &str); 21] = [
    ("::Zlib", "a stream of node:zlib"),
    ("::Brotli", "a Brotli stream of node:zlib"),
    ("::Zstd", "a Zstandard stream of node:zlib"),
    ("node::http2::", "a session or stream of node:http2"),
    ("node::crypto::SecureContext", "a TLS context"),
    ("node::crypto::TLSWrap", "a TLS connection"),
    ("X509", "a certificate of node:crypto"),
    ("node::crypto::Hash", "a hash of node:crypto"),
    ("node::crypto::Hmac", "an HMAC of node:crypto"),
    ("node::crypto::CipherBase", "a cipher of node:crypto"),
    ("node::crypto::KeyObject", "a key of node:crypto"),
    ("node::crypto::", "an operation of node:crypto"),
    ("node::sqlite::Statement", "a statement of node:sqlite"),
    ("node::sqlite::", "a database of node:sqlite"),
    ("node::worker::Worker", "a worker thread"),
    ("node::cares_wrap::", "a request of node:dns"),
    ("node::fs::", "a request of node:fs"),
    ("v8::internal::JSDateTimeFormat", "an Intl.DateTimeFormat"),
    ("v8::internal::JSNumberFormat", "an Intl.NumberFormat"),
    ("v8::internal::JSCollator", "an Intl.Collator"),
    ("v8::internal::wasm::", "a WebAssembly module"),
];

/// Functions that make Buffers and other ArrayBuffers: only where nothing else is in the stack.
const BUFFERS: [&str; 3] = ["CreateUnsafe", "ConstructBuffer", "ArrayBuffer"];

/// What the memory of a stack belongs to, by the names of its functions.
#[must_use]
pub fn object_of<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'static str> {
    let has = |part: &str| names.clone().any(|name| name.contains(part));
    let known = OBJECTS.iter().find(|(part, _)| has(part));
    let buffer = || {
        BUFFERS
            .iter()
            .any(|part| has(part))
            .then_some("an ArrayBuffer or Buffer")
    };
    known.map(|&(_, object)| object).or_else(buffer)
}

#[cfg(test)]
mod tests {
    use super::object_of;

    #[test]
    fn the_class_in_the_stack_says_what_it_belongs_to() {
        let of = |names: &[&str]| object_of(names.iter().copied());
        let pool = [
            "deflateInit2_",
            "node::(anonymous namespace)::ZlibContext::InitZlib",
            "node::ThreadPoolWork::ScheduleWork()::{lambda}",
        ];
        assert_eq!(of(&pool), Some("a stream of node:zlib"));
        assert_eq!(
            of(&["malloc", "CRYPTO_zalloc", "node::crypto::Hash::New"]),
            Some("a hash of node:crypto")
        );
        assert_eq!(
            of(&["malloc", "node::crypto::RandomBytesTraits::DeriveBits"]),
            Some("an operation of node:crypto")
        );
        assert_eq!(
            of(&[
                "calloc",
                "node::Buffer::(anonymous namespace)::CreateUnsafeArrayBuffer"
            ]),
            Some("an ArrayBuffer or Buffer")
        );
        assert_eq!(of(&["malloc", "parser_new", "Parse"]), None);
        assert_eq!(of(&[]), None);
    }
}
