//! `inspect` for people.

use super::TextOptions;
use super::table::{Column, Table, cut, cut_end};
use super::units::{
    bytes, caveat, count, count_of, heading, id, maybe, more, place, place_in_script, printable,
};
use crate::{Collection, InspectReport, Members, ObjectRef};

/// The report: what the object is, then its edges by sort.
#[must_use]
pub fn render(report: &InspectReport, options: &TextOptions) -> String {
    let object = &report.object;
    let mut text = heading(&report.snapshot) + caveat(&report.snapshot) + "\n";
    text += &format!("{} {}", printable(&object.class), id(object.id));
    // V8's own classes are named after the type: `(sliced string)`.
    if report.node_type != "object" && !object.class.starts_with('(') {
        text += &format!(" ({})", printable(&report.node_type));
    }
    text += "\n";
    let mut facts = Facts::default();
    facts.add("address", report.address.clone());
    facts.add("retained size", report.retained_bytes.map(bytes));
    let own = match report.shallow_bytes == report.self_bytes {
        true => bytes(report.shallow_bytes),
        false => format!(
            "{} ({} without its internal parts)",
            bytes(report.shallow_bytes),
            bytes(report.self_bytes)
        ),
    };
    facts.add("shallow size", Some(own));
    facts.add("distance", report.distance.map(|steps| steps.to_string()));
    facts.add("dominator", report.dominator.as_ref().map(object_text));
    facts.add("tree", report.detachedness.map(str::to_owned));
    let position = report.position.as_ref();
    facts.add("source", position.map(place));
    let original = position.and_then(|position| position.original.as_ref());
    let name = original.and_then(|original| original.name.clone());
    facts.add("name in source", name);
    let script = position.filter(|_| original.is_some());
    facts.add("script", script.map(place_in_script));
    facts.add("elements store", report.elements_bytes.map(bytes));
    if let Some(string) = &report.text {
        let note = if string.is_cut { " (may go on)" } else { "" };
        facts.add("text", Some(format!("\"{}\"{note}", string.text)));
    }
    if let Some(function) = &report.function {
        let context = function.context.as_ref().map(|context| {
            let size = maybe(function.context_retained_bytes, bytes);
            format!("{} retains {size}", id(context.id))
        });
        facts.add("context", context);
    }
    text += &facts.render(options.width);
    if let Some(collection) = &report.collection {
        text += &entries(collection, options);
    }
    if let Some(function) = &report.function {
        text += &members("variable", &function.variables, options);
    }
    text += &members("variable", &report.variables, options);
    text += &members("property", &report.properties, options);
    if !report.number_properties.is_empty() {
        let names = printable(&report.number_properties.join(", "));
        text += &format!(
            "  {}\n",
            cut_end(
                &format!("(number): {names}"),
                options.width.saturating_sub(2)
            )
        );
    }
    text += &members("element", &report.elements, options);
    text += &members("internal reference", &report.internals, options);
    text + "\nNumbers are missing unless the snapshot was taken with exposeNumericValues.\n"
}

/// Lines of a name and a text.
#[derive(Default)]
struct Facts(Vec<(&'static str, String)>);

impl Facts {
    fn add(&mut self, name: &'static str, text: Option<String>) {
        self.0.extend(text.map(|text| (name, text)));
    }

    fn render(&self, width: usize) -> String {
        const NAME_WIDTH: usize = 16;
        let lines = self.0.iter().map(|(name, text)| {
            let text = cut(
                &printable(text),
                width.saturating_sub(NAME_WIDTH).max(NAME_WIDTH),
            );
            format!("  {name:<14}{text}\n")
        });
        lines.collect()
    }
}

fn object_text(object: &ObjectRef) -> String {
    format!("{} {}", object.class, id(object.id))
}

fn members(noun: &str, members: &Members, options: &TextOptions) -> String {
    if members.count == 0 {
        return String::new();
    }
    let mut table = Table::new(&[
        Column::Number("retained"),
        Column::Number("id"),
        Column::Text("name"),
        Column::Line("value"),
    ]);
    for member in &members.entries {
        let weak = if member.weak { " (weak)" } else { "" };
        table.row([
            maybe(member.retained_bytes, bytes),
            id(member.to.id),
            member.name.clone(),
            member.to.preview.clone() + weak,
        ]);
    }
    format!("\n{}\n", count_of(members.count, noun))
        + &table.render(options.width)
        + &more(members.entries.len(), members.count, noun)
}

fn entries(collection: &Collection, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("key id"),
        Column::Line("key"),
        Column::Number("value id"),
        Column::Line("value"),
    ]);
    let say = |object: &Option<ObjectRef>| match object {
        Some(object) => (id(object.id), object.preview.clone()),
        None => (String::new(), "(not in the snapshot)".to_owned()),
    };
    for entry in &collection.entries {
        let (key, value) = (say(&entry.key), say(&entry.value));
        table.row([key.0, key.1, value.0, value.1]);
    }
    let room = collection
        .capacity
        .map(|capacity| format!(", room for {}", count(capacity)));
    format!(
        "\n{} seen{}\n",
        count_of(collection.visible_entries, "entry"),
        room.unwrap_or_default()
    ) + &table.render(options.width)
        + &more(
            collection.entries.len(),
            collection.visible_entries,
            "entry",
        )
}
