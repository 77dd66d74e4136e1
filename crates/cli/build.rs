//! How the binary is linked. It generates nothing.

#[path = "../../linking.rs"]
mod linking;

fn main() {
    linking::fold_identical_functions("bins");
}
