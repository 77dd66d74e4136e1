//! Tests of the engine as a whole: naive versions of its algorithms on seeded
//! random graphs, every way of splitting the input, every kind of damage.

mod damage;
mod large;
mod names;
mod oracle;
mod reading;
mod rules;
mod traced;
