//! How JavaScript calls native functions: one entry for all of them. No exception is thrown
//! from here: V8 ends the process for one under `--abort-on-uncaught-exception`, even where
//! JavaScript catches it, because Node-API throws inside of a catcher of its own. A function
//! that fails, gets a wrong argument or panics returns an object instead, with the one property
//! [`FAILURE`]; `lib/native.js` throws. What the functions do is their modules' business.
//!
//! There are no native classes either, whose constructors and methods would throw. A native
//! object hangs on an object of JavaScript's, which is the first argument of its functions.

use std::any::Any;
use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{FromNapiValue, JsObjectValue, Object, ToNapiValue, ValidateNapiValue};
use napi::{Env, JsValue, sys};

use crate::error::{Code, Result, error, internal};

/// The property of what a function returns that failed: an object with `code` and `message`.
pub(super) const FAILURE: &str = "memwatchFailure";

/// As many arguments as the longest list of them, an object among them.
const MOST_ARGUMENTS: usize = 6;

/// A native function. A name such as `Sites.start` is that of a method, `Sites.new` that of
/// a constructor, and `CommandProgress.get stage` that of a property: `lib/native.js` makes
/// classes of them.
pub(crate) struct Export {
    name: &'static str,
    run: fn(&Call<'_>) -> Result<Returned>,
}

impl Export {
    /// A function of this name.
    pub(crate) const fn new(name: &'static str, run: fn(&Call<'_>) -> Result<Returned>) -> Self {
        Self { name, run }
    }

    /// Makes it a property of `exports`.
    ///
    /// # Errors
    ///
    /// Where Node-API makes no function, as while the environment ends.
    pub(crate) fn define(&'static self, exports: &mut Object<'_>) -> napi::Result<()> {
        let (env, target) = (exports.value().env, exports.value().value);
        let mut function = ptr::null_mut();
        // SAFETY: env and target are those of the addon's registration, which runs. The name
        // is not terminated, and its length is passed. The data outlives every environment.
        succeeded(unsafe {
            sys::napi_create_function(
                env,
                self.name.as_ptr().cast::<c_char>(),
                self.name.len().cast_signed(),
                Some(enter),
                ptr::from_ref(self).cast_mut().cast(),
                &raw mut function,
            )
        })?;
        // SAFETY: env is that of the registration, as above.
        let key = unsafe { <&str>::to_napi_value(env, self.name) }?;
        // SAFETY: as above; key and function are values that were just made.
        succeeded(unsafe { sys::napi_set_property(env, target, key, function) })
    }
}

/// Node-API's answer to one call.
fn succeeded(status: sys::napi_status) -> napi::Result<()> {
    match status {
        sys::Status::napi_ok => Ok(()),
        refused => Err(napi::Error::from_status(refused.into())),
    }
}

/// What a function returns, as a value of JavaScript's.
pub(crate) struct Returned(sys::napi_value);

/// A call that runs.
pub(crate) struct Call<'env> {
    env: &'env Env,
    name: &'static str,
    arguments: [sys::napi_value; MOST_ARGUMENTS],
}

impl<'env> Call<'env> {
    /// Its environment.
    pub(crate) fn env(&self) -> &'env Env {
        self.env
    }

    /// An argument, counted from 0; one that is not given is `undefined`.
    ///
    /// # Errors
    ///
    /// Where it is of another type.
    pub(crate) fn argument<T: FromNapiValue + ValidateNapiValue>(&self, index: usize) -> Result<T> {
        let (env, value) = (self.env.raw(), self.arguments[index]);
        // SAFETY: both are those of the call that runs. None of the types that are asked for
        // runs JavaScript to be checked.
        let valid = unsafe { T::validate(env, value) };
        let read = valid.and_then(|_| {
            // SAFETY: as above, nor to be read.
            unsafe { T::from_napi_value(env, value) }
        });
        read.map_err(|wrong| {
            let (name, place, why) = (self.name, index + 1, &wrong.reason);
            error(
                Code::WrongArgument,
                format!("{name}: argument {place} is invalid: {why}"),
            )
        })
    }

    /// Hangs a native object on the first argument, and frees it with that.
    ///
    /// # Errors
    ///
    /// Where the argument is no object, or has a native object already.
    pub(crate) fn hang<T: 'static>(&self, native: T) -> Result<Returned> {
        let mut object: Object<'_> = self.argument(0)?;
        object.wrap(Rc::new(native), None).map_err(internal)?;
        self.answer(())
    }

    /// The native object that hangs on an argument.
    ///
    /// # Errors
    ///
    /// Where none of this type does.
    pub(crate) fn native<T: 'static>(&self, index: usize) -> Result<Rc<T>> {
        let object: Object<'_> = self.argument(index).map_err(|_| wrong_this())?;
        let native = object.unwrap::<Rc<T>>().map_err(|_| wrong_this())?;
        Ok(Rc::clone(native))
    }

    /// The value to return.
    ///
    /// # Errors
    ///
    /// Where Node-API does not make it, as while a worker is terminated.
    pub(crate) fn answer<T: ToNapiValue>(&self, value: T) -> Result<Returned> {
        // SAFETY: the environment is that of the call that runs.
        let made = unsafe { T::to_napi_value(self.env.raw(), value) };
        made.map(Returned).map_err(internal)
    }
}

/// A method was called on something else.
pub(crate) fn wrong_this() -> napi::Error<Code> {
    error(Code::WrongThis, "Illegal invocation")
}

/// What Node-API calls for each of the functions.
unsafe extern "C" fn enter(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut count = MOST_ARGUMENTS;
    let mut arguments = [ptr::null_mut(); MOST_ARGUMENTS];
    let mut data: *mut c_void = ptr::null_mut();
    // SAFETY: both are those of the call. The array has the length that is passed, and is
    // filled up with `undefined`.
    let status = unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            arguments.as_mut_ptr(),
            ptr::null_mut(),
            &raw mut data,
        )
    };
    // SAFETY: the data is what `define` has given: an `Export` that is never freed.
    let Some(export) = (unsafe { data.cast::<Export>().as_ref() }) else {
        return ptr::null_mut();
    };
    if status != sys::Status::napi_ok {
        return ptr::null_mut();
    }
    let js = Env::from_raw(env);
    let call = Call {
        env: &js,
        name: export.name,
        arguments,
    };
    // A panic must not cross into Node.
    let ran = catch_unwind(AssertUnwindSafe(|| (export.run)(&call)));
    let failure = match ran {
        Ok(Ok(Returned(value))) => return value,
        Ok(Err(failure)) => failure,
        Err(panic) => panicked(export.name, &*panic),
    };
    // Nobody hears of a failure while JavaScript is being terminated: then nothing is returned.
    failed(&call, &failure).map_or(ptr::null_mut(), |Returned(value)| value)
}

fn panicked(name: &str, panic: &(dyn Any + Send)) -> napi::Error<Code> {
    let why = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic");
    error(
        Code::Internal,
        format!("{name} failed in memwatch's own code: {why}"),
    )
}

fn failed(call: &Call<'_>, failure: &napi::Error<Code>) -> Result<Returned> {
    let mut told = Object::new(call.env).map_err(internal)?;
    let mut result = Object::new(call.env).map_err(internal)?;
    told.set_named_property("code", failure.status.as_ref())
        .and_then(|()| told.set_named_property("message", failure.reason.as_str()))
        .and_then(|()| result.set_named_property(FAILURE, told))
        .map_err(internal)?;
    call.answer(result)
}
