//! A C++ name as a reader wants it: without parameters, return type and the compiler's additions. Demangling is the C++
//! library's, which Node brings along (`sampler::demangled`).

/// The longest name that is shown.
const LONGEST: usize = 160;

/// The short form of a demangled name.
#[must_use]
pub fn short(name: &str) -> String {
    let name = name.split(" [clone ").next().unwrap_or(name);
    let name = without_hash(without_parameters(name.trim_end_matches(" const")));
    let name = without_result(name);
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let mut cut: String = name.chars().take(LONGEST - 1).collect();
    cut.push('…');
    cut
}

/// A name that ends with a list of parameters, without it.
fn without_parameters(name: &str) -> &str {
    if !name.ends_with(')') {
        return name;
    }
    let mut depth = 0;
    for (at, letter) in name.char_indices().rev() {
        match letter {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let before = &name[..at];
            // `operator()` without parameters, and a name that is no function's.
            let is_name = before.ends_with("operator") || &name[at..] == "(anonymous namespace)";
            return if is_name || before.is_empty() {
                name
            } else {
                before
            };
        }
    }
    name
}

/// A template's name begins with the type of its result.
fn without_result(name: &str) -> &str {
    let mut depth = 0_i32;
    let mut start = 0;
    let bytes = name.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let before = &name.as_bytes()[..at];
        // `operator<<`, `operator->`: no brackets. What follows `operator` is the name's last part.
        if before.ends_with(b"operator") && !byte.is_ascii_alphanumeric() && byte != b'_' {
            break;
        }
        match byte {
            b'<' | b'(' | b'{' | b'[' => depth += 1,
            b'>' | b')' | b'}' | b']' => depth -= 1,
            b' ' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    name.get(start..).unwrap_or(name)
}

/// Rust's older names end with a hash.
fn without_hash(name: &str) -> &str {
    let Some((before, hash)) = name.rsplit_once("::h") else {
        return name;
    };
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { before } else { name }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_name_loses_what_no_reader_needs() {
        for (name, wanted) in [
            ("malloc", "malloc"),
            (
                "node::crypto::X509Pointer::Parse(ncrypto::Buffer<unsigned char const>)",
                "node::crypto::X509Pointer::Parse",
            ),
            (
                "node::(anonymous namespace)::ZlibContext::Init(int) [clone .part.0]",
                "node::(anonymous namespace)::ZlibContext::Init",
            ),
            ("operator new(unsigned long)", "operator new"),
            ("operator delete[](void*)", "operator delete[]"),
            (
                "void v8::internal::Call<v8::Object, (int)2>(v8::Object*) const",
                "v8::internal::Call<v8::Object, (int)2>",
            ),
            (
                "std::ostream& operator<< <char>(std::ostream&, char)",
                "operator<< <char>",
            ),
            ("A::operator()(int) const", "A::operator()"),
            ("A::operator->() const", "A::operator->"),
            (
                "f(int)::{lambda(int)#1}::operator()(int) const",
                "f(int)::{lambda(int)#1}::operator()",
            ),
            ("mine::leak::h0123456789abcdef", "mine::leak"),
            ("", ""),
            (")", ")"),
            ("((((", "(((("),
            ("ünï(ß)", "ünï"),
        ] {
            assert_eq!(short(name), wanted);
        }
        assert_eq!(short(&"x".repeat(1000)).chars().count(), 160);
    }
}
