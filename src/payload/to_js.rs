//! A serializer that makes JavaScript values: the bridge between the types of `memwatch_report` and
//! JavaScript, without a text between them. Knows no report.
//!
//! All numbers are JavaScript numbers, exact up to 2^53. A [`Date`] becomes a `Date`, `None` becomes
//! `null`. Enums of reports have variants without data, or are untagged; others are refused.

use std::fmt;

use memwatch_report::Date;
use napi::bindgen_prelude::{Array, JsObjectValue, Null, Object, ToNapiValue, Unknown};
use napi::{Env, JsValue, Result};
use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple,
    Serializer,
};

/// The value of a report.
pub(super) fn to_js<'env>(env: &'env Env, report: &impl Serialize) -> Result<Unknown<'env>> {
    let value = report
        .serialize(ToJs { env })
        .map_err(|refused| refused.0)?;
    Ok(value)
}

/// An error of Node-API, or a type that no report has.
#[derive(Debug)]
struct Refused(napi::Error);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.reason)
    }
}

impl std::error::Error for Refused {}

impl serde::ser::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(napi::Error::from_reason(message.to_string()))
    }
}

impl From<napi::Error> for Refused {
    fn from(error: napi::Error) -> Self {
        Self(error)
    }
}

type Made<T> = std::result::Result<T, Refused>;

#[derive(Clone, Copy)]
struct ToJs<'env> {
    env: &'env Env,
}

impl<'env> ToJs<'env> {
    fn value(self, value: impl ToNapiValue) -> Made<Unknown<'env>> {
        Ok(value.into_unknown(self.env)?)
    }

    fn unsupported<T>(self, what: &str) -> Made<T> {
        Err(Refused::custom(format!("a report has no {what}")))
    }

    fn object(self) -> Made<Entries<'env>> {
        Ok(Entries {
            to_js: self,
            object: Object::new(self.env)?,
            key: String::new(),
        })
    }
}

impl<'env> Serializer for ToJs<'env> {
    type Ok = Unknown<'env>;
    type Error = Refused;
    type SerializeSeq = Items<'env>;
    type SerializeTuple = Items<'env>;
    type SerializeTupleStruct = Impossible<Self::Ok, Refused>;
    type SerializeTupleVariant = Impossible<Self::Ok, Refused>;
    type SerializeMap = Entries<'env>;
    type SerializeStruct = Entries<'env>;
    type SerializeStructVariant = Impossible<Self::Ok, Refused>;

    /// A `Date` stays one.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Made<Self::Ok> {
        self.value(value)
    }

    fn serialize_i8(self, value: i8) -> Made<Self::Ok> {
        self.value(f64::from(value))
    }

    fn serialize_i16(self, value: i16) -> Made<Self::Ok> {
        self.value(f64::from(value))
    }

    fn serialize_i32(self, value: i32) -> Made<Self::Ok> {
        self.value(f64::from(value))
    }

    fn serialize_i64(self, value: i64) -> Made<Self::Ok> {
        self.value(value as f64)
    }

    fn serialize_u8(self, value: u8) -> Made<Self::Ok> {
        self.value(f64::from(value))
    }

    fn serialize_u16(self, value: u16) -> Made<Self::Ok> {
        self.value(f64::from(value))
    }

    fn serialize_u32(self, value: u32) -> Made<Self::Ok> {
        self.value(f64::from(value))
    }

    fn serialize_u64(self, value: u64) -> Made<Self::Ok> {
        self.value(value as f64)
    }

    fn serialize_f32(self, value: f32) -> Made<Self::Ok> {
        self.value(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Made<Self::Ok> {
        self.value(value)
    }

    fn serialize_char(self, value: char) -> Made<Self::Ok> {
        self.value(value.to_string())
    }

    fn serialize_str(self, value: &str) -> Made<Self::Ok> {
        self.value(value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Made<Self::Ok> {
        self.unsupported("bytes")
    }

    fn serialize_none(self) -> Made<Self::Ok> {
        self.value(Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made<Self::Ok> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Made<Self::Ok> {
        self.value(Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Made<Self::Ok> {
        self.value(Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Made<Self::Ok> {
        self.value(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Made<Self::Ok> {
        let value = value.serialize(self)?;
        if name != Date::NAME {
            return Ok(value);
        }
        let unix_ms = value.coerce_to_number()?.get_double()?;
        Ok(self.env.create_date(unix_ms)?.to_unknown())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Made<Self::Ok> {
        self.unsupported("tagged enum")
    }

    fn serialize_seq(self, _: Option<usize>) -> Made<Self::SerializeSeq> {
        Ok(Items {
            to_js: self,
            array: self.env.create_array(0)?,
        })
    }

    fn serialize_tuple(self, length: usize) -> Made<Self::SerializeTuple> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Made<Self::SerializeTupleStruct> {
        self.unsupported("tuple with a name")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Made<Self::SerializeTupleVariant> {
        self.unsupported("tagged enum")
    }

    fn serialize_map(self, _: Option<usize>) -> Made<Self::SerializeMap> {
        self.object()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Made<Self::SerializeStruct> {
        self.object()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Made<Self::SerializeStructVariant> {
        self.unsupported("tagged enum")
    }
}

/// An array in the making.
struct Items<'env> {
    to_js: ToJs<'env>,
    array: Array<'env>,
}

impl<'env> SerializeSeq for Items<'env> {
    type Ok = Unknown<'env>;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Made<()> {
        Ok(self.array.insert(value.serialize(self.to_js)?)?)
    }

    fn end(self) -> Made<Self::Ok> {
        Ok(self.array.to_unknown())
    }
}

impl<'env> SerializeTuple for Items<'env> {
    type Ok = Unknown<'env>;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Made<()> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Made<Self::Ok> {
        SerializeSeq::end(self)
    }
}

/// An object in the making.
struct Entries<'env> {
    to_js: ToJs<'env>,
    object: Object<'env>,
    /// Of the value that comes next.
    key: String,
}

impl<'env> SerializeStruct for Entries<'env> {
    type Ok = Unknown<'env>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Made<()> {
        let value = value.serialize(self.to_js)?;
        Ok(self.object.set_named_property(key, value)?)
    }

    fn end(self) -> Made<Self::Ok> {
        Ok(self.object.to_unknown())
    }
}

impl<'env> SerializeMap for Entries<'env> {
    type Ok = Unknown<'env>;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Made<()> {
        let key = key.serialize(self.to_js)?;
        self.key = key.coerce_to_string()?.into_utf8()?.into_owned()?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Made<()> {
        let value = value.serialize(self.to_js)?;
        Ok(self.object.set_named_property(&self.key, value)?)
    }

    fn end(self) -> Made<Self::Ok> {
        Ok(self.object.to_unknown())
    }
}
