//! What objects say: the text of strings, names of functions and classes, properties, and the
//! references that an object has. One object at a time; no graph, no roots.

mod classes;
mod functions;
mod lines;
mod properties;
mod references;
mod shapes;
mod slots;
mod text;

pub(crate) use classes::{Classes, constructor_of};
pub(crate) use lines::Lines;
pub(crate) use references::{Name, Numbers, Reference};
pub(crate) use shapes::{NodeName, Plan, Shape};
pub(crate) use slots::{Place, Slot};
